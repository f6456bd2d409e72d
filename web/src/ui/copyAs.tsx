// Beside "Copy as a command": the same request for the running server, from a shell or from Python.

import type { JSX } from "preact";
import { copyText } from "./clipboard.ts";
import { section, useActions } from "./keys.ts";
import { Button } from "./parts.tsx";
import { type Asked, curlOf, pythonOf } from "./snippets.ts";

const FORMS = [
  { name: "curl", key: "Shift+y c", write: curlOf },
  { name: "Python", key: "Shift+y p", write: pythonOf },
] as const;

interface CopyAsProps {
  /** What is copied, as the keys are listed under it. */
  of: string;
  /** The request of now; `null`, with a word to whoever asked, if there is none. */
  asked: () => Asked | null;
  /** Whether the keys are this one's. */
  keys?: boolean;
}

export function CopyAs({ of, asked, keys = false }: CopyAsProps): JSX.Element {
  const copy = async (form: (typeof FORMS)[number]): Promise<void> => {
    const found = asked();
    if (!found) return;
    const text = form.write(found, location.origin);
    await copyText(text, `Copied as ${form.name}. It asks this server.`);
  };
  useActions(
    keys
      ? section(
          of,
          FORMS.map((form) => [form.key, `Copy as ${form.name}`, () => void copy(form)]),
        )
      : [],
  );
  return (
    <>
      {FORMS.map((form) => (
        <Button
          key={form.name}
          kind="quiet"
          title="The same request to this server"
          {...(keys ? { keyName: form.key } : {})}
          label={`Copy as ${form.name}`}
          onClick={() => void copy(form)}
        >
          {form.name}
        </Button>
      ))}
    </>
  );
}

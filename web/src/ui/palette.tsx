// The command palette and the sheet of keys: both are the list of registered actions. The palette
// finds graphs and features, too.

import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { sentence } from "../api/client.ts";
import { graphs as askGraphs } from "../api/endpoints.ts";
import { useFeatures } from "../feature/finds.ts";
import { file } from "../file/file.ts";
import { Dialog } from "./dialog.tsx";
import { graphActions, withWords } from "./finds.ts";
import { type Action, actions } from "./keys.ts";
import { useLoad } from "./load.ts";
import { count } from "./numbers.ts";
import { Key } from "./parts.tsx";

export const open = signal<"none" | "palette" | "keys">("none");

/** More of them would hide what else there is; a further word finds the others. */
const MOST_GRAPHS = 8;

// A page in one file has its own graph alone.
const WHAT = file ? "Find a command" : "Find a command, a graph or a feature";

const close = (): void => {
  open.value = "none";
};

export function Palette(): JSX.Element | null {
  if (open.value === "palette") return <CommandPalette />;
  if (open.value === "keys") return <KeySheet />;
  return null;
}

function CommandPalette(): JSX.Element {
  const text = useSignal("");
  const at = useSignal(0);
  const { state } = useLoad(async (signal) => (file ? [] : await askGraphs(signal)), []);
  const load = state.value;
  const all = useMemo(() => graphActions(load.is === "ready" ? load.value : []), [load]);
  const works = unique(actions.value).filter((action) => action.enabled?.() ?? true);
  const graphs = withWords(all, text.value);
  const left = graphs.length - MOST_GRAPHS;
  const features = useFeatures(text.value);
  const commands = withWords(works, text.value);
  // Last: they come late, and what is chosen already stays in its place.
  const found = [...commands, ...graphs.slice(0, MOST_GRAPHS), ...features.found];
  useEffect(() => {
    document.getElementById(`palette-${at.value}`)?.scrollIntoView({ block: "nearest" });
  }, [at.value]);
  const run = (action: Action | undefined): void => {
    if (!action) return;
    close();
    action.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") at.value = Math.max(0, Math.min(found.length - 1, at.value + 1));
    else if (event.key === "ArrowUp") at.value = Math.max(0, at.value - 1);
    else if (event.key === "Enter") run(found[at.value]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Commands" onClose={close}>
      <input
        class="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-label={WHAT}
        aria-activedescendant={found[at.value] ? `palette-${at.value}` : undefined}
        placeholder={WHAT}
        value={text.value}
        // The palette is opened to type into
        autoFocus
        onInput={(event) => {
          text.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" class="palette-list" role="listbox" aria-label="What was found">
        {found.map((action, place) => (
          <li
            // By place: graphs of one prompt and time have the same words.
            key={place}
            id={`palette-${place}`}
            role="option"
            aria-selected={place === at.value}
            onClick={() => run(action)}
            onKeyDown={() => undefined}
          >
            <span>{action.title}</span>
            <small>{action.section}</small>
            {action.key && <Key name={action.key} />}
          </li>
        ))}
      </ul>
      {found.length === 0 && load.is !== "loading" && !features.waits && (
        <p class="muted">Nothing has these words.</p>
      )}
      {left > 0 && (
        <p class="muted">
          {left === 1 ? "1 more graph has" : `${count(left)} more graphs have`} these words.
        </p>
      )}
      {features.left > 0 && (
        <p class="muted">
          {features.left === 1
            ? "1 more feature has"
            : `${count(features.left)} more features have`}{" "}
          these words in their name.
        </p>
      )}
      {features.load.is === "failed" && (
        <p class="muted">Features could not be found: {sentence(features.load.why)}.</p>
      )}
      {load.is === "failed" && (
        <p class="muted">Graphs could not be listed: {sentence(load.why)}.</p>
      )}
    </Dialog>
  );
}

/** What the sheet of keys lists: what is registered, and nothing else. */
export function sheetOf(list: readonly Action[]): [section: string, actions: Action[]][] {
  const sections = new Map<string, Action[]>();
  for (const action of unique(list)) {
    sections.set(action.section, [...(sections.get(action.section) ?? []), action]);
  }
  return [...sections];
}

function KeySheet(): JSX.Element {
  return (
    <Dialog title="Keys on this page" onClose={close} wide>
      <div class="keys">
        {sheetOf(actions.value).map(([section, list]) => (
          <section key={section}>
            <h3>{section}</h3>
            <dl>
              {list.map((action) => (
                <div key={action.title}>
                  <dt>{action.key && <Key name={action.key} />}</dt>
                  <dd>{action.title}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

function unique(list: readonly Action[]): Action[] {
  const seen = new Set<string>();
  return list.filter((action) => {
    const id = `${action.section}\n${action.title}`;
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

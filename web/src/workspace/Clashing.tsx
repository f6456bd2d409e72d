// Says at the foot that two windows changed the same, and opens both versions.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Saver } from "../state/saver.ts";
import { section, useActions } from "../ui/keys.ts";
import { lazy } from "../ui/lazy.tsx";
import { counted } from "../ui/numbers.ts";
import { Button } from "../ui/parts.tsx";
import { toast } from "../ui/toast.tsx";
import type { Workspace } from "./model.ts";

const Clashes = lazy(async () => (await import("./Clashes.tsx")).Clashes);

export function Clashing({ work, saver }: { work: Workspace; saver: Saver }): JSX.Element | null {
  const open = useSignal(false);
  const n = saver.clashes.value.length;
  const before = useRef(0);
  useEffect(() => {
    if (n > before.current) {
      toast("Another window changed the same.", () => (open.value = true), "Show both versions");
    }
    before.current = n;
  }, [n]);
  const close = (): void => {
    open.value = false;
  };
  useActions(
    section("Document", [
      ["Shift+u", "What another window changed, too", () => (open.value = true), () => n > 0],
    ]),
  );
  return (
    <>
      {n > 0 && (
        <Button kind="quiet" keyName="Shift+u" onClick={() => (open.value = true)}>
          {counted(n, "change")} met another window's
        </Button>
      )}
      {open.value && <Clashes work={work} saver={saver} onClose={close} />}
    </>
  );
}

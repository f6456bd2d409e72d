// Hold `g` and click nodes to group them; a tap of it groups the selection.
//
// What was meant is known when the key goes up. An action that no key started (palette, menu) acts
// at once.

import { useEffect } from "preact/hooks";
import { makeGroup } from "../inspector/Inspector.tsx";
import { toast } from "../ui/toast.tsx";
import type { Workspace } from "./model.ts";

const KEY = "g";

/** Whether the key is down. */
let isDown = false;
/** Nodes that were clicked since; `null` where nobody gathers. */
let clicks: number | null = null;

/** The action of the key. */
export function group(work: Workspace): void {
  if (!isDown) finish(work);
  else clicks ??= 0;
}

/** Takes a click on a node, if they are gathered: the first one begins a new selection. */
export function gathers(work: Workspace, node: number): boolean {
  if (clicks === null || node < 0) return false;
  if (clicks === 0) work.select([node]);
  else work.toggle(node);
  clicks++;
  return true;
}

function finish(work: Workspace): void {
  if (work.selection.value.length > 0) void makeGroup(work);
  else toast("Select nodes first, or hold g and click them.");
}

export function useGathering(work: Workspace): void {
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      // Shift+g is another action's.
      const alone = !event.shiftKey && !event.metaKey && !event.ctrlKey && !event.altKey;
      if (event.key.toLowerCase() === KEY && alone) isDown = true;
    };
    const up = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== KEY) return;
      isDown = false;
      if (clicks === null) return;
      clicks = null;
      finish(work);
    };
    // The key may go up where it is not heard.
    const lost = (): void => {
      isDown = false;
      clicks = null;
    };
    window.addEventListener("keydown", down, true);
    window.addEventListener("keyup", up, true);
    window.addEventListener("blur", lost);
    return () => {
      lost();
      window.removeEventListener("keydown", down, true);
      window.removeEventListener("keyup", up, true);
      window.removeEventListener("blur", lost);
    };
  }, [work]);
}

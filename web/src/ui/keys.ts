// Keys and actions: one registry behind the keyboard, the palette and the `?` sheet.
//
// An action is registered while its view is shown, so the sheet lists exactly what works now.
// No key fires while a person types into a field, but for those with a modifier. Pages are two keys,
// `j` (jump) and a letter, as the letters themselves are the workspace's; so are those of the pane
// below a graph, `b` and a letter.
//
// Every verb of a page has a key. Without one are: what closes, cancels or tries again; more of a
// list; what sends the field that it stands beside, as Enter does there; choices, which are fields;
// and all of a dialog, which has the keyboard for itself.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Action {
  /** Key as shown and matched: `p`, `Shift+Enter`, `mod+z`, or `j l`, one after the other. */
  key: string | null;
  title: string;
  section: string;
  run: () => void;
  /** False while the action would do nothing; it is then left out of the palette. */
  enabled?: () => boolean;
}

export const actions = signal<readonly Action[]>([]);

/** Actions of one section, each as key, title, what it does, and when it does something. */
export function section(
  name: string,
  list: readonly (readonly [string | null, string, () => void, (() => boolean)?])[],
): Action[] {
  return list.map(([key, title, run, enabled]) => ({ key, title, section: name, run, enabled }));
}

/** Registers actions while the calling component is mounted. `list` may be rebuilt each render. */
export function useActions(list: readonly Action[]): void {
  useEffect(() => {
    actions.value = [...actions.value, ...list];
    return () => {
      actions.value = actions.value.filter((action) => !list.includes(action));
    };
  });
}

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** `mod+z` for the machine at hand. */
export function keyLabel(key: string): string {
  const shown = key
    .replace("mod", isMac ? "⌘" : "Ctrl")
    .replace("Shift", isMac ? "⇧" : "Shift")
    .replace("Arrow", "");
  return shown.replace("Left", "←").replace("Right", "→").replace("Up", "↑").replace("Down", "↓");
}

export function keyOf(event: KeyboardEvent): string {
  const parts: string[] = [];
  if (event.metaKey || event.ctrlKey) parts.push("mod");
  const letter = event.key.length === 1;
  if (event.shiftKey && (!letter || /[a-z]/i.test(event.key))) parts.push("Shift");
  parts.push(letter ? event.key.toLowerCase() : event.key);
  return parts.join("+");
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  if (!(target instanceof HTMLInputElement)) return false;
  return !["checkbox", "radio", "button", "range"].includes(target.type);
}

/** Keys that a focused control needs for itself. */
function isForControl(event: KeyboardEvent): boolean {
  const { target } = event;
  if (!(target instanceof HTMLElement) || event.metaKey || event.ctrlKey) return false;
  if (event.key === "Enter" || event.key === " ") {
    return target.closest("button, a, summary, [role=option], [role=treeitem], input") !== null;
  }
  if (event.key.startsWith("Arrow")) {
    return (
      target.closest(
        "input, select, [role=tree], [role=menu], [role=listbox], [role=tablist], [data-arrows]",
      ) !== null
    );
  }
  return false;
}

/** What a key does: an action, or it waits for a second one. The view that came last goes first. */
export function found(list: readonly Action[], key: string): Action | "waits" | null {
  const works = list.filter((action) => action.enabled?.() ?? true);
  const action = works.findLast((candidate) => candidate.key === key);
  return action ?? (works.some((other) => other.key?.startsWith(`${key} `)) ? "waits" : null);
}

/** For so long a first key waits for its second. */
const WAIT_MS = 1500;
let first = { key: "", until: 0 };

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey) return;
  const key = keyOf(event);
  if (isTyping(event.target) && !key.startsWith("mod+") && key !== "Escape") return;
  if (isTyping(event.target) && ["mod+z", "mod+Shift+z", "mod+a"].includes(key)) return;
  if (isForControl(event)) return;
  // An open dialog has all keys; Escape closes it, and nothing behind it.
  if (document.querySelector("dialog[open]")) return;
  const whole = event.timeStamp < first.until ? `${first.key} ${key}` : key;
  const action = found(actions.value, whole);
  first = { key, until: action === "waits" ? event.timeStamp + WAIT_MS : 0 };
  if (!action) return;
  event.preventDefault();
  if (action !== "waits") action.run();
}

export function listenForKeys(): void {
  document.addEventListener("keydown", onKey);
}

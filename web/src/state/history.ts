// Undo and redo as stacks of inverse commands.
//
// A run of values that a slider, a drag or a field gives one thing becomes one step, so that one
// undo takes back one gesture.

import { apply, type Command, title } from "./commands.ts";
import type { View } from "./document.ts";

interface Step {
  command: Command;
  inverse: Command;
}

export interface History {
  view: View;
  done: readonly Step[];
  undone: readonly Step[];
}

export interface Change {
  history: History;
  /** The command that was applied, for the save queue; `null` if nothing changed. */
  applied: Command | null;
}

const MOST_STEPS = 500;

export function startHistory(view: View): History {
  return { view, done: [], undone: [] };
}

/** Applies a command. `joined` says that it continues the gesture of the step before it. */
export function change(history: History, command: Command, joined = false): Change {
  const { view, inverse } = apply(history.view, command);
  if (inverse === null) return { history, applied: null };
  const last = history.done.at(-1);
  const continues = joined && last !== undefined && isOfSame(last.command, command);
  const step: Step = continues
    ? {
        command,
        inverse: { do: "several", title: title(command), commands: [inverse, last.inverse] },
      }
    : { command, inverse };
  const before = continues ? history.done.slice(0, -1) : history.done;
  const done = [...before, step].slice(-MOST_STEPS);
  return { history: { view, done, undone: [] }, applied: command };
}

/** Whether two commands set the same thing: another filter, box or note is another gesture. */
function isOfSame(last: Command, next: Command): boolean {
  if (last.do === "filters" && next.do === "filters") {
    return Object.keys(last.to).join() === Object.keys(next.to).join();
  }
  if (last.do === "place" && next.do === "place") return last.key === next.key;
  return last.do === "note" && next.do === "note" && last.note.id === next.note.id;
}

export function undo(history: History): Change {
  const step = history.done.at(-1);
  if (!step) return { history, applied: null };
  const applied = apply(history.view, step.inverse);
  const done = history.done.slice(0, -1);
  if (applied.inverse === null) return undo({ ...history, done });
  const undone = [...history.undone, { command: step.command, inverse: applied.inverse }];
  return { history: { view: applied.view, done, undone }, applied: step.inverse };
}

export function redo(history: History): Change {
  const step = history.undone.at(-1);
  if (!step) return { history, applied: null };
  const applied = apply(history.view, step.inverse);
  const undone = history.undone.slice(0, -1);
  if (applied.inverse === null) return redo({ ...history, undone });
  const done = [...history.done, { command: step.command, inverse: applied.inverse }];
  return { history: { view: applied.view, done, undone }, applied: step.inverse };
}

/** What the next undo and redo would do, in words. */
export function titles(history: History): { undo: string | null; redo: string | null } {
  const word = (step: Step | undefined): string | null => (step ? title(step.command) : null);
  return { undo: word(history.done.at(-1)), redo: word(history.undone.at(-1)) };
}

/**
 * The same work on top of another version: what the server has, then the unsaved commands.
 *
 * Steps stay undoable, as their inverses say what to take back and not what was there.
 */
export function rebase(history: History, theirs: View, unsaved: readonly Command[]): History {
  let view = theirs;
  for (const command of unsaved) view = apply(view, command).view;
  return { ...history, view };
}

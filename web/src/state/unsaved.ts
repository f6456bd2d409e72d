// Commands that no server has confirmed yet, kept in this browser under a name of the tab.
//
// A tab holds a lock as long as it lives. What a tab without a lock left behind is taken up by
// the next one that opens the same view.

import { apply, type Command } from "./commands.ts";
import { emptyView } from "./document.ts";
import { randomId } from "./id.ts";

const PREFIX = "connectome.unsaved.";
let tab: string | null = null;

/** Keeps the commands of this tab that no server has confirmed. */
export function keepUnsaved(key: string, commands: readonly Command[]): void {
  const name = `${PREFIX}${key}.${tabName()}`;
  try {
    if (commands.length === 0) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(commands));
  } catch {
    // A browser whose store is full or forbidden keeps nothing; the server is asked all the same.
  }
}

/** This tab's name, the same after a reload. */
function tabName(): string {
  if (tab !== null) return tab;
  const name = rememberedName();
  // Held as long as this tab lives, so that another tab knows whose commands are orphans. Over plain
  // http there are no locks, and no tab takes up what is another's.
  void navigator.locks?.request(`connectome.tab.${name}`, () => new Promise(() => undefined));
  tab = name;
  return name;
}

function rememberedName(): string {
  const fresh = randomId();
  try {
    const name = sessionStorage.getItem("connectome.tab") ?? fresh;
    sessionStorage.setItem("connectome.tab", name);
    return name;
  } catch {
    return fresh;
  }
}

/** Unsaved commands of this tab before a reload, and of tabs that were closed. */
export async function adoptUnsaved(key: string): Promise<Command[]> {
  const start = `${PREFIX}${key}.`;
  const commands: Command[] = [];
  for (const name of keptNames(start)) {
    const owner = name.slice(start.length);
    if (owner !== tabName() && !(await isClosed(owner))) continue;
    commands.push(...readCommands(localStorage.getItem(name)));
    localStorage.removeItem(name);
  }
  return commands;
}

function keptNames(start: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(start))
      .sort();
  } catch {
    return [];
  }
}

async function isClosed(owner: string): Promise<boolean> {
  if (!navigator.locks) return false;
  return await navigator.locks.request(
    `connectome.tab.${owner}`,
    { ifAvailable: true },
    (lock) => lock !== null,
  );
}

function readCommands(text: string | null): Command[] {
  try {
    const read: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(read)) return [];
    return (read as Command[]).filter(isKnown);
  } catch {
    return [];
  }
}

/** A command of another version of the page would throw when it is replayed. */
function isKnown(command: Command): boolean {
  try {
    return apply(emptyView(), command).view !== undefined;
  } catch {
    return false;
  }
}

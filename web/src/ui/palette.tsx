// The command palette and the sheet of keys: both are the list of registered actions.

import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Dialog } from "./dialog.tsx";
import { type Action, actions } from "./keys.ts";
import { Key } from "./parts.tsx";

export const open = signal<"none" | "palette" | "keys">("none");

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
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = unique(actions.value).filter(
    (action) =>
      (action.enabled?.() ?? true) &&
      words.every((word) => `${action.section} ${action.title}`.toLowerCase().includes(word)),
  );
  const run = (action: Action | undefined): void => {
    if (!action) return;
    close();
    action.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") at.value = Math.min(found.length - 1, at.value + 1);
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
        aria-label="Find a command"
        aria-activedescendant={found[at.value] ? `palette-${at.value}` : undefined}
        placeholder="Find a command"
        value={text.value}
        // The palette is opened to type into
        autoFocus
        onInput={(event) => {
          text.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" class="palette-list" role="listbox" aria-label="Commands">
        {found.map((action, place) => (
          <li
            key={`${action.section}${action.title}`}
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
      {found.length === 0 && <p class="muted">No command has these words.</p>}
    </Dialog>
  );
}

function KeySheet(): JSX.Element {
  const sections = new Map<string, Action[]>();
  for (const action of unique(actions.value)) {
    sections.set(action.section, [...(sections.get(action.section) ?? []), action]);
  }
  return (
    <Dialog title="Keys on this page" onClose={close} wide>
      <div class="keys">
        {[...sections].map(([section, list]) => (
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

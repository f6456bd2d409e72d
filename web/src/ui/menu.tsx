// A menu at a place: the actions that keys have, for what is under the pointer or in focus.
//
// One menu at a time. Arrow keys move, a letter that an item has as its key runs it, Escape and a
// click elsewhere close, and focus goes back to where it was.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { keyOf } from "./keys.ts";
import { Key } from "./parts.tsx";

export interface MenuItem {
  title: string;
  key: string | null;
  run: () => void;
}

interface Menu {
  label: string;
  x: number;
  y: number;
  items: readonly MenuItem[];
}

const menu = signal<Menu | null>(null);

/** Opens a menu at a place of the window; `label` says what it is of. */
export function openMenu(at: { x: number; y: number }, label: string, items: readonly MenuItem[]) {
  if (items.length > 0) menu.value = { ...at, label, items };
}

/** Whether a key asks for the menu of what has the focus. */
export function asksForMenu(event: KeyboardEvent): boolean {
  return event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
}

export function ContextMenu(): JSX.Element | null {
  const now = menu.value;
  return now && <Items key={`${now.x} ${now.y} ${now.label}`} menu={now} />;
}

const close = (): void => {
  menu.value = null;
};

function Items({ menu: { label, x, y, items } }: { menu: Menu }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  // Before the next key, and inside the window.
  useLayoutEffect(() => {
    const box = ref.current!;
    const before = document.activeElement as HTMLElement | null;
    const { width, height } = box.getBoundingClientRect();
    box.style.left = `${Math.max(4, Math.min(x, innerWidth - width - 4))}px`;
    box.style.top = `${Math.max(4, Math.min(y, innerHeight - height - 4))}px`;
    box.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    return () => {
      // What an item opened keeps the focus that it took.
      const lost = document.activeElement === document.body || box.contains(document.activeElement);
      if (lost) before?.focus();
    };
  }, [x, y]);
  useEffect(() => {
    const outside = (event: Event): void => {
      if (!ref.current?.contains(event.target as Element)) close();
    };
    document.addEventListener("pointerdown", outside, true);
    window.addEventListener("blur", close);
    window.addEventListener("resize", close);
    return () => {
      document.removeEventListener("pointerdown", outside, true);
      window.removeEventListener("blur", close);
      window.removeEventListener("resize", close);
    };
  }, []);
  const run = (item: MenuItem): void => {
    close();
    item.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    const list = [...ref.current!.querySelectorAll<HTMLElement>("[role=menuitem]")];
    const at = list.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: list.length - 1 }[event.key];
    if (to !== undefined) list[(to + list.length) % list.length]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else if (event.key === "Enter" || event.key === " ") return;
    else {
      const item = items.find((one) => one.key === keyOf(event));
      if (!item) return;
      run(item);
    }
    event.preventDefault();
  };
  return (
    <div
      ref={ref}
      class="context-menu"
      role="menu"
      aria-label={label}
      onKeyDown={onKeyDown}
      onContextMenu={(event) => event.preventDefault()}
    >
      {items.map((item, place) => (
        <button key={place} type="button" role="menuitem" tabIndex={-1} onClick={() => run(item)}>
          <span class="grow">{item.title}</span>
          {item.key && <Key name={item.key} />}
        </button>
      ))}
    </div>
  );
}

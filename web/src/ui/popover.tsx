// A button that opens a small pane below itself: the browser's own `details`.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

export function Popover(props: {
  text: ComponentChildren;
  children: ComponentChildren;
  id?: string;
  title?: string;
  onOpen?: () => void;
}): JSX.Element {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => closesByItself(menu.current!), []);
  return (
    <details
      class="menu"
      ref={menu}
      id={props.id}
      onToggle={(event) => event.currentTarget.open && props.onOpen?.()}
    >
      <summary class="button quiet" title={props.title}>
        {props.text}
      </summary>
      <div>{props.children}</div>
    </details>
  );
}

/** Opens the one with an id, and goes into it. */
export function openPopover(id: string): void {
  const menu = document.getElementById(id) as HTMLDetailsElement | null;
  if (!menu) return;
  menu.open = true;
  menu.querySelector<HTMLElement>("div :is(a, button, input, select)")?.focus();
}

/** Escape and a click elsewhere close an open one; Escape then does nothing else. */
function closesByItself(menu: HTMLDetailsElement): () => void {
  const elsewhere = (event: Event): void => {
    if (!menu.contains(event.target as Element)) menu.open = false;
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !menu.open) return;
    event.preventDefault();
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary")?.focus();
  };
  document.addEventListener("pointerdown", elsewhere, true);
  document.addEventListener("keydown", onKey, true);
  return () => {
    document.removeEventListener("pointerdown", elsewhere, true);
    document.removeEventListener("keydown", onKey, true);
  };
}

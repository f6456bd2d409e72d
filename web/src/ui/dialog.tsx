// Dialogs: the browser's own `dialog`, which keeps focus inside and gives it back.

import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export function Dialog(props: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  wide?: boolean;
}): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const onClose = useRef(props.onClose);
  // Text that is selected with the pointer may end outside, which is no click there.
  const pressed = useRef(false);
  onClose.current = props.onClose;
  // Before the next key: what is typed after the one that asked for a dialog belongs to it.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (!dialog.open) dialog.showModal();
    // Told once, and not by a dialog that is gone: its `close` comes late.
    const closed = (): void => onClose.current();
    dialog.addEventListener("close", closed);
    return () => {
      dialog.removeEventListener("close", closed);
      dialog.close();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={props.wide ? "dialog wide" : "dialog"}
      aria-label={props.title}
      onPointerDown={(event) => {
        pressed.current = event.target === ref.current;
      }}
      onClick={(event) => {
        if (pressed.current && event.target === ref.current) ref.current?.close();
      }}
    >
      <header>
        <h2>{props.title}</h2>
        <button
          type="button"
          class="button quiet"
          onClick={() => ref.current?.close()}
          aria-label="Close"
        >
          ✕
        </button>
      </header>
      <div class="dialog-body">{props.children}</div>
    </dialog>
  );
}

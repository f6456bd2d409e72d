// A long press of a finger: what the right button or Ctrl-click is elsewhere.
//
// One finger, one press: this remembers the last. Some browsers ask for a menu after a while, some
// do not; whichever comes first, the press counts once, and the click at its end is nobody's.

const LONG_MS = 500;
/** A finger is never quite still. */
const STILL_PX = 10;

let timer = 0;
let run: (() => void) | null = null;
let from = { x: 0, y: 0 };
let long = false;

type Pointed = Pick<PointerEvent, "pointerType" | "clientX" | "clientY">;

/** For every pointer that goes down: of one that is no finger nothing follows. */
export function pressStart(event: Pointed, act: () => void): void {
  pressEnd();
  long = false;
  if (event.pointerType !== "touch") return;
  from = { x: event.clientX, y: event.clientY };
  run = act;
  timer = window.setTimeout(take, LONG_MS);
}

function take(): void {
  const act = run;
  pressEnd();
  if (!act) return;
  long = true;
  act();
}

export function pressMove(event: Pick<Pointed, "clientX" | "clientY">): void {
  if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > STILL_PX) pressEnd();
}

export function pressEnd(): void {
  window.clearTimeout(timer);
  run = null;
}

/** Whether a menu that is asked for is a press of a finger, which is then taken as long. */
export function pressMenu(): boolean {
  if (run) take();
  return long;
}

/** Whether the last press was long: its click is to be left alone. */
export function wasLong(): boolean {
  return long;
}

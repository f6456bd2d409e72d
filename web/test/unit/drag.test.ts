// What a hand moves on the circuit, and what it leaves where it is.

import { describe, expect, it, vi } from "vitest";
import { dragged, steppedTo } from "../../src/circuit/drag.ts";

function thing({ isFixed = false } = {}) {
  const of = {
    from: { x: 16, y: 24 },
    isFixed,
    onDrag: vi.fn(),
    onPlace: vi.fn(),
    onClick: vi.fn(),
  };
  const setPointerCapture = (): void => undefined;
  const at = (clientX: number, clientY: number, button = 0) =>
    ({ clientX, clientY, button, currentTarget: { setPointerCapture } }) as unknown as PointerEvent;
  return { of, at, ...dragged({ current: null }, of) };
}

describe("a thing of the circuit", () => {
  it("is put where the hand lets it go, on the grid", () => {
    const { of, at, onPointerDown, onPointerMove, onPointerUp } = thing();
    onPointerDown(at(100, 100));
    onPointerMove(at(121, 100));
    expect(of.onDrag).toHaveBeenLastCalledWith({ x: 40, y: 24 });
    onPointerUp(at(121, 90));
    expect(of.onDrag).toHaveBeenLastCalledWith(null);
    expect(of.onPlace).toHaveBeenCalledExactlyOnceWith({ x: 40, y: 16 });
    expect(of.onClick).not.toHaveBeenCalled();
  });

  it("is clicked by a press that hardly moves, and by one where nothing can be moved", () => {
    for (const [fixed, to] of [
      [false, 103],
      [true, 300],
    ] as const) {
      const { of, at, onPointerDown, onPointerMove, onPointerUp } = thing({ isFixed: fixed });
      onPointerDown(at(100, 100));
      onPointerMove(at(to, 100));
      onPointerUp(at(to, 100));
      expect(of.onPlace).not.toHaveBeenCalled();
      expect(of.onClick).toHaveBeenCalledOnce();
    }
  });

  it("stays where a press began elsewhere, with another button, or was taken away", () => {
    const { of, at, onPointerDown, onPointerMove, onPointerUp, onPointerCancel } = thing();
    onPointerUp(at(300, 300));
    onPointerDown(at(100, 100, 2));
    onPointerMove(at(300, 300));
    onPointerUp(at(300, 300, 2));
    expect(of.onDrag).not.toHaveBeenCalled();
    onPointerDown(at(100, 100));
    onPointerMove(at(130, 100));
    onPointerCancel();
    onPointerMove(at(200, 100));
    onPointerUp(at(200, 100));
    expect(of.onDrag).toHaveBeenLastCalledWith(null);
    expect(of.onPlace).not.toHaveBeenCalled();
    expect(of.onClick).not.toHaveBeenCalled();
  });

  it("goes a step of the grid with an arrow key", () => {
    expect(steppedTo({ x: 16, y: 24 }, "ArrowUp")).toEqual({ x: 16, y: 16 });
    expect(steppedTo({ x: 16, y: 24 }, "Enter")).toBeNull();
  });
});

// The document: commands, undo, and what is read from outside.

import { describe, expect, it } from "vitest";
import { groupName } from "../../src/graph/names.ts";
import { apply, type Command, title } from "../../src/state/commands.ts";
import { emptyView, readView, type View } from "../../src/state/document.ts";
import { outOfSight, takenOut } from "../../src/state/groups.ts";
import { change, rebase, redo, startHistory, titles, undo } from "../../src/state/history.ts";
import { takenOver } from "../../src/state/whole.ts";

/** A seeded generator: the same commands on every run. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function anyCommand(draw: (below: number) => number): Command {
  const nodes = Array.from({ length: 1 + draw(4) }, () => draw(12));
  const id = `g${draw(4)}`;
  const commands: Command[] = [
    { do: "filters", to: { nodeThreshold: draw(10) / 10, errors: draw(2) === 0 } },
    { do: "filters", to: { sign: draw(2) === 0 ? "all" : "negative", tokens: draw(2) === 0 } },
    { do: "pin", nodes },
    { do: "unpin", nodes },
    { do: "hide", nodes },
    { do: "show", nodes },
    { do: draw(2) ? "collapse" : "expand", layers: nodes, positions: [draw(4)] },
    {
      do: "group",
      group: { id, name: `name ${draw(9)}`, nodes, ...(draw(2) === 0 && { auto: true }) },
    },
    { do: "ungroup", id },
    {
      do: "about",
      id,
      to: [
        { note: draw(3) ? `note ${draw(9)}` : "" },
        { name: "other" },
        { open: draw(2) === 0 },
        { name: "opened", open: true },
        { auto: draw(2) === 0 },
      ][draw(5)],
    },
    { do: "member", nodes, of: draw(3) === 0 ? null : id },
    { do: "label", key: String(draw(6)), text: draw(3) === 0 ? null : `text ${draw(5)}` },
    { do: "place", key: id, at: draw(3) === 0 ? null : { x: draw(99), y: draw(99) } },
    { do: "note", note: { id: `n${draw(3)}`, text: `note ${draw(9)}`, x: 0, y: 0 } },
    { do: "unnote", id: `n${draw(3)}` },
    { do: "watch", tokens: nodes },
  ];
  if (draw(6) === 0) {
    return { do: "several", title: "some", commands: [anyCommand(draw), anyCommand(draw)] };
  }
  return commands[draw(commands.length)];
}

/** Order of pins and groups is not part of what a person sees as the document. */
function canonical(view: ReturnType<typeof emptyView>): unknown {
  const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
  return {
    ...view,
    pins: [...view.pins].sort((a, b) => a - b),
    hidden: [...view.hidden].sort((a, b) => a - b),
    groups: [...view.groups].sort(byId),
    notes: [...view.notes].sort(byId),
  };
}

describe("commands", () => {
  it("every command is taken back by its inverse", () => {
    for (let seed = 0; seed < 200; seed++) {
      const draw = generator(seed);
      let view = emptyView();
      for (let step = 0; step < 30; step++) {
        const { view: after, inverse } = apply(view, anyCommand(draw));
        const back = inverse ? apply(after, inverse).view : after;
        expect(canonical(back)).toEqual(canonical(view));
        view = after;
      }
    }
  });

  it("a node is in one group at most", () => {
    const draw = generator(7);
    let view = emptyView();
    for (let step = 0; step < 400; step++) {
      view = apply(view, anyCommand(draw)).view;
      const members = view.groups.flatMap((group) => group.nodes);
      expect(new Set(members).size).toBe(members.length);
    }
  });

  it("members leave and move; a group without members is gone; where nothing fits, nothing is done", () => {
    let view = emptyView();
    const run = (command: Command): void => {
      view = apply(view, command).view;
    };
    run({ do: "group", group: { id: "a", name: "a", nodes: [1, 2], note: "both fire on oak" } });
    run({ do: "group", group: { id: "b", name: "b", nodes: [5] } });
    run({ do: "member", nodes: [2], of: "b" });
    expect(view.groups.map(({ nodes }) => nodes)).toEqual([[1], [2, 5]]);
    run(takenOut(view, [5, 9]));
    expect(view.groups.map(({ nodes }) => nodes)).toEqual([[1], [2]]);
    expect(view.pins).toEqual([5]);
    const { inverse } = apply(view, { do: "member", nodes: [1], of: null });
    const gone = apply(view, { do: "member", nodes: [1], of: null }).view;
    expect(gone.groups.map(({ id }) => id)).toEqual(["b"]);
    expect(apply(gone, inverse!).view.groups).toContainEqual(view.groups[0]);
    expect(apply(view, { do: "member", nodes: [1], of: "nowhere" }).inverse).toBeNull();
    expect(apply(view, { do: "about", id: "nowhere", to: { note: "x" } }).inverse).toBeNull();
  });

  it("what is hidden with its group is out of the circuit, and undo brings it back", () => {
    const group: Command = { do: "group", group: { id: "a", name: "a", nodes: [1, 2] } };
    const before = apply(apply(emptyView(), { do: "pin", nodes: [1, 2, 3] }).view, group).view;
    const { view, inverse } = apply(before, outOfSight([1, 3]));
    expect(view).toMatchObject({ pins: [2], hidden: [1, 3], groups: [{ id: "a", nodes: [2] }] });
    expect(canonical(apply(view, inverse!).view)).toEqual(canonical(before));
    // Of a node that is in nothing, only what is shown changes: a page in a file can do that.
    const shown = apply(before, outOfSight([7])).view;
    expect(shown).toEqual({ ...before, hidden: [7] });
    expect([shown.pins, shown.groups]).toEqual([before.pins, before.groups]);
  });

  it("a note that is taken away leaves no trace", () => {
    const before = apply(emptyView(), {
      do: "group",
      group: { id: "a", name: "a", nodes: [1] },
    }).view;
    const noted = apply(before, { do: "about", id: "a", to: { note: "why" } }).view;
    expect(noted.groups[0].note).toBe("why");
    expect(apply(noted, { do: "about", id: "a", to: { note: "" } }).view).toEqual(before);
  });

  it("a program's name stays one until a person gives one, the same even", () => {
    const group = { id: "a", name: "at oak", nodes: [1], auto: true } as const;
    const before = apply(emptyView(), { do: "group", group: { ...group, nodes: [1] } }).view;
    const noted = apply(before, { do: "about", id: "a", to: { note: "why" } }).view;
    expect(noted.groups[0].auto).toBe(true);
    for (const name of ["mine", "at oak"]) {
      const { view, inverse } = apply(before, { do: "about", id: "a", to: { name } });
      expect(view.groups[0]).toEqual({ id: "a", name, nodes: [1] });
      expect(apply(view, inverse!).view).toEqual(before);
    }
    // A document from before, or of somebody else, has names by hand.
    const read = readView({ ...before, groups: [{ ...group, auto: "yes" }, group] });
    expect(read?.groups.map(({ auto }) => auto)).toEqual([undefined, true]);
    expect(read?.groups.map(groupName)).toEqual(["at oak", "≈ at oak"]);
  });

  it("a group opens and closes without a trace, and keeps what else is said of it", () => {
    const group: Command = { do: "group", group: { id: "a", name: "a", nodes: [1, 2], note: "n" } };
    const before = apply(emptyView(), group).view;
    const { view, inverse } = apply(before, { do: "about", id: "a", to: { open: true } });
    expect(view.groups[0]).toEqual({ id: "a", name: "a", nodes: [1, 2], note: "n", open: true });
    expect(apply(view, { do: "about", id: "a", to: { open: true } }).inverse).toBeNull();
    expect(apply(view, { do: "about", id: "a", to: { open: false } }).view).toEqual(before);
    // What another tab called it meanwhile stays when the opening is taken back.
    const renamed = apply(view, { do: "about", id: "a", to: { name: "b" } }).view;
    expect(apply(renamed, inverse!).view.groups).toEqual([{ ...before.groups[0], name: "b" }]);
    // More members join it as it is.
    const more = apply(view, { do: "member", nodes: [7], of: "a" }).view;
    expect(more.groups[0].open).toBe(true);
    expect(title(inverse!)).toBe("close a group in place");
    // Nor does it make a program's name a person's.
    const marked = readView({ ...view, groups: [{ ...view.groups[0], auto: true }] })!;
    const closed = apply(marked, { do: "about", id: "a", to: { open: false } });
    expect(closed.view.groups[0]).toEqual({ ...before.groups[0], auto: true });
    expect(apply(closed.view, closed.inverse!).view).toEqual(marked);
  });

  it("has a tint that is one of ours, and loses it by the usual one", () => {
    const plain = { id: "a", name: "a", nodes: [1] };
    const before = { ...emptyView(), groups: [plain] };
    const { view, inverse } = apply(before, { do: "about", id: "a", to: { tint: "rose" } });
    expect(view.groups).toEqual([{ ...plain, tint: "rose" }]);
    expect(readView(view)?.groups).toEqual(view.groups);
    expect(inverse && apply(view, inverse).view.groups).toEqual([plain]);
    const odd = { ...before, groups: [{ ...plain, tint: "url(x)" }] };
    expect(readView(odd)?.groups).toEqual([plain]);
  });

  it("does not touch the view it is given", () => {
    const view = emptyView();
    const frozen = JSON.stringify(view);
    apply(view, { do: "group", group: { id: "a", name: "a", nodes: [3, 1] } });
    apply(view, { do: "filters", to: { errors: false } });
    expect(JSON.stringify(view)).toBe(frozen);
  });
});

describe("a view that is taken over", () => {
  it("is the other one, and undo gives the former again", () => {
    for (let seed = 0; seed < 20; seed++) {
      const draw = generator(seed + 2000);
      const made = (): View => {
        let view = emptyView();
        for (let step = 0; step < 12; step++) view = apply(view, anyCommand(draw)).view;
        return view;
      };
      const [now, to] = [made(), made()];
      const { view, inverse } = apply(now, takenOver(now, to));
      expect(canonical(view)).toEqual(canonical(to));
      expect(canonical(inverse ? apply(view, inverse).view : view)).toEqual(canonical(now));
    }
  });
});

describe("what is collapsed", () => {
  const run = (...commands: Command[]) =>
    commands.reduce((view, command) => apply(view, command).view, emptyView());

  it("is kept in order, and taken back no further than it went", () => {
    const first: Command = { do: "collapse", layers: [4, 2], positions: [] };
    const view = run(first);
    expect(view.collapsed).toEqual({ layers: [2, 4], positions: [] });
    const more = apply(view, { do: "collapse", layers: [3, 2, 3], positions: [7] });
    expect(more.view.collapsed).toEqual({ layers: [2, 3, 4], positions: [7] });
    expect(more.inverse).toEqual({ do: "expand", layers: [3], positions: [7] });
    expect(apply(view, first).inverse).toBeNull();
    expect(apply(view, { do: "expand", layers: [9], positions: [1] }).inverse).toBeNull();
    expect(title(more.inverse!)).toBe("expand 1 layer, 1 token");
  });

  it("of two tabs is all collapsed", () => {
    const mine: Command = { do: "collapse", layers: [1], positions: [] };
    const history = change(startHistory(emptyView()), mine).history;
    const theirs = run({ do: "collapse", layers: [5], positions: [2] });
    const { view } = rebase(history, theirs, [mine]);
    expect(view.collapsed).toEqual({ layers: [1, 5], positions: [2] });
  });

  it("is nothing in a view of before, and in one that says nonsense", () => {
    const { collapsed: _, ...old } = emptyView();
    expect(readView(old)).toEqual(emptyView());
    for (const collapsed of [null, 3, { layers: "all" }, { layers: [-1, "x"], positions: {} }]) {
      expect(readView({ ...old, collapsed })?.collapsed).toEqual({ layers: [], positions: [] });
    }
    const collapsed = { layers: [2], positions: [0, 1] };
    expect(readView({ ...old, collapsed })?.collapsed).toEqual(collapsed);
  });
});

describe("history", () => {
  it("undo to the start and redo to the end give both ends again", () => {
    for (let seed = 0; seed < 50; seed++) {
      const draw = generator(seed + 1000);
      let history = startHistory(emptyView());
      for (let step = 0; step < 25; step++) history = change(history, anyCommand(draw)).history;
      const end = canonical(history.view);
      while (titles(history).undo !== null) history = undo(history).history;
      expect(canonical(history.view)).toEqual(canonical(emptyView()));
      while (titles(history).redo !== null) history = redo(history).history;
      expect(canonical(history.view)).toEqual(end);
    }
  });

  it("a slider's run is one step", () => {
    let history = startHistory(emptyView());
    for (const threshold of [0.7, 0.6, 0.5]) {
      const command: Command = { do: "filters", to: { nodeThreshold: threshold } };
      history = change(history, command, threshold !== 0.7).history;
    }
    history = undo(history).history;
    expect(history.view.filters.nodeThreshold).toBe(0.8);
    history = redo(history).history;
    expect(history.view.filters.nodeThreshold).toBe(0.5);
  });

  it("a run on one thing is one step, and another thing is another", () => {
    const at = (x: number) => ({ x, y: 0 });
    const runs: [Command, Command][] = [
      [
        { do: "filters", to: { nodeThreshold: 0.7 } },
        { do: "filters", to: { query: "oak" } },
      ],
      [
        { do: "place", key: "a", at: at(8) },
        { do: "place", key: "b", at: at(8) },
      ],
      [
        { do: "note", note: { id: "a", text: "a", ...at(8) } },
        { do: "note", note: { id: "b", text: "b", ...at(8) } },
      ],
    ];
    for (const [first, second] of runs) {
      let history = change(startHistory(emptyView()), first).history;
      const before = history.view;
      history = change(history, second, true).history;
      expect(undo(history).history.view).toEqual(before);
    }
  });

  it("has no step for what changed nothing", () => {
    const watch: Command = { do: "watch", tokens: [3] };
    const { view } = apply(emptyView(), watch);
    expect(apply(view, { do: "watch", tokens: [3] }).inverse).toBeNull();
  });

  it("a tab's note and another's member of one group are both kept", () => {
    const group: Command = { do: "group", group: { id: "a", name: "a", nodes: [1] } };
    const base = apply(emptyView(), group).view;
    const mine: Command = { do: "about", id: "a", to: { note: "why" } };
    const history = change(startHistory(base), mine).history;
    const theirs = apply(base, { do: "member", nodes: [2], of: "a" }).view;
    const [both] = rebase(history, theirs, [mine]).view.groups;
    expect(both).toEqual({ id: "a", name: "a", nodes: [1, 2], note: "why" });
  });

  it("work of two tabs on one graph is all kept", () => {
    const mine: Command[] = [
      { do: "pin", nodes: [1, 2] },
      { do: "group", group: { id: "mine", name: "mine", nodes: [1, 2] } },
    ];
    let history = startHistory(emptyView());
    for (const command of mine) history = change(history, command).history;
    const theirs = apply(emptyView(), { do: "label", key: "5", text: "theirs" }).view;
    history = rebase(history, theirs, mine);
    expect(history.view.labels).toEqual({ "5": "theirs" });
    expect(history.view.groups.map((group) => group.name)).toEqual(["mine"]);
    history = undo(undo(history).history).history;
    expect(history.view.labels).toEqual({ "5": "theirs" });
    expect(history.view.pins).toEqual([]);
  });
});

describe("a view from outside", () => {
  it("is refused if it is not one, and completed if it lacks fields", () => {
    expect(readView(null)).toBeNull();
    expect(readView({ schema: 2 })).toBeNull();
    expect(readView({ schema: 1, pins: [4, -1, "x"] })).toEqual({ ...emptyView(), pins: [4] });
    const groups = [{ id: "a", name: "a", nodes: [1], note: "why" }];
    expect(readView({ schema: 1, groups })?.groups).toEqual(groups);
    const open = [{ ...groups[0], open: true as const }];
    expect(readView({ schema: 1, groups: open })?.groups).toEqual(open);
    const odd = [{ ...groups[0], note: { text: "why" }, open: "wide" }];
    expect(readView({ schema: 1, groups: odd })?.groups).toEqual([
      { id: "a", name: "a", nodes: [1] },
    ]);

    // Of before there were kinds and signs, and of a page that knows other signs.
    const old = { nodeThreshold: 0.7, errors: false };
    const filters = { ...emptyView().filters, ...old };
    for (const given of [old, { ...old, sign: "imaginary" }]) {
      expect(readView({ schema: 1, filters: given })?.filters).toEqual(filters);
    }
    expect(readView({ schema: 1, filters: null })).toEqual(emptyView());
  });

  it("has nothing in it that a page would stumble over", () => {
    const odd = {
      schema: 1,
      filters: { query: null, nodeThreshold: "all", minShare: Number.NaN, layerTo: 3, errors: 1 },
      labels: { "1": "one", "2": 2 },
      places: { a: { x: 8, y: 16 }, b: { x: "left" }, c: null },
      notes: [{ id: "t", text: "why", x: 0, y: 8 }, { id: "u" }, null],
      watch: [5, "x"],
    };
    expect(readView(odd)).toEqual({
      ...emptyView(),
      filters: { ...emptyView().filters, layerTo: 3 },
      labels: { "1": "one" },
      places: { a: { x: 8, y: 16 } },
      notes: [{ id: "t", text: "why", x: 0, y: 8 }],
      watch: [5],
    });
    for (const none of [null, 3, "x"]) {
      const view = { schema: 1, labels: none, places: none, notes: none, watch: none };
      expect(readView(view)).toEqual(emptyView());
    }
  });
});

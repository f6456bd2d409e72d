// A swap: what another graph's group was on its own prompt is put in here.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { graphs as askGraphs } from "../api/endpoints.ts";
import { groupName } from "../graph/names.ts";
import { useLoad } from "../ui/load.ts";
import { counted, nodesText, promptText, tokenText } from "../ui/numbers.ts";
import { Failure, Field, NumberField } from "../ui/parts.tsx";
import { toast } from "../ui/toast.tsx";
import type { Workspace } from "../workspace/model.ts";
import { groupsOf } from "./link.ts";
import { othersLike } from "./others.ts";
import { plan } from "./plan.ts";
import { sameNodes } from "./verdicts.ts";

export function SwapForm({ work }: { work: Workspace }): JSX.Element | null {
  const { state, again } = useLoad((abort) => askGraphs(abort), [work.id]);
  const mine = work.head.value?.provenance;
  const others =
    state.value.is === "ready" && mine ? othersLike(state.value.value, work.id, mine) : null;
  const rows = others?.like ?? null;
  const nUnlike = others?.nUnlike ?? 0;
  const { swap } = plan.value;
  const isListed = !swap || rows?.some((row) => row.id === swap.graph);
  const isWrong = rows !== null && !isListed;
  useEffect(() => {
    if (!isWrong) return;
    plan.value = { ...plan.peek(), swap: null };
    toast(
      "Nothing is put in: that graph is not here, or not another one of this model and dictionary.",
    );
  }, [isWrong]);
  if (state.value.is === "failed")
    return <Failure what="Other graphs could not be listed" why={state.value.why} again={again} />;
  if (!swap && !rows?.length && nUnlike === 0) return null;
  const choose = (graph: string): void => {
    const to = graph === "" ? null : { graph, nodes: [], times: 1, fromEnd: true };
    plan.value = { ...plan.value, swap: to };
  };
  return (
    <fieldset>
      <legend>Put in from another graph</legend>
      {(swap !== null || (rows?.length ?? 0) > 0) && (
        <select
          aria-label="Graph to put in from"
          value={swap?.graph ?? ""}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          <option value="">nothing</option>
          {swap && !isListed && <option value={swap.graph}>{swap.graph}</option>}
          {rows?.map((row) => (
            <option key={row.id} value={row.id}>
              {promptText(row.tokens)} → {tokenText(row.target)}
            </option>
          ))}
        </select>
      )}
      {nUnlike > 0 && (
        <small>
          {counted(nUnlike, "graph")} of another model or dictionary {nUnlike === 1 ? "is" : "are"}{" "}
          left out: the features are others.
        </small>
      )}
      {swap && <SwapGroup graph={swap.graph} />}
    </fieldset>
  );
}

function SwapGroup({ graph }: { graph: string }): JSX.Element {
  const { state, again } = useLoad((abort) => groupsOf(graph, abort), [graph]);
  const { swap } = plan.value;
  if (state.value.is === "failed")
    return <Failure what="Its groups could not be read" why={state.value.why} again={again} />;
  if (state.value.is !== "ready" || !swap) return <small>Reading its groups…</small>;
  const groups = state.value.value;
  if (groups.length + swap.nodes.length === 0)
    return <small>That graph has no groups yet; make one there first.</small>;
  const chosen = groups.find((one) => sameNodes(one.nodes, swap.nodes));
  const set = (to: Partial<typeof swap>): void => {
    plan.value = { ...plan.value, swap: { ...swap, ...to } };
  };
  return (
    <div class="form-grid">
      <Field label="Its group">
        <select
          value={chosen?.id ?? ""}
          onChange={(event) => {
            const group = groups.find((one) => one.id === event.currentTarget.value);
            set({ nodes: group?.nodes ?? [] });
          }}
        >
          <option value="">
            {chosen || swap.nodes.length === 0
              ? "choose…"
              : `${nodesText(swap.nodes.length)} of a test`}
          </option>
          {groups.map((group) => (
            <option key={group.id} value={group.id}>
              {groupName(group)}
            </option>
          ))}
        </select>
      </Field>
      <NumberField
        label="times what it was there"
        step={0.5}
        value={swap.times}
        onChange={(times) => set({ times })}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={swap.fromEnd}
          onChange={(event) => set({ fromEnd: event.currentTarget.checked })}
        />
        positions from the end
      </label>
    </div>
  );
}

// The strongest signed paths between two nodes, and how much of the effect they cover.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { paths as askPaths } from "../api/endpoints.ts";
import { written } from "../graph/written.ts";
import { acts } from "../ui/acts.ts";
import { copyCommand } from "../ui/command.tsx";
import { useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { count, percent, signedShare } from "../ui/numbers.ts";
import { Button, Empty, Failure, Segments, Skeleton } from "../ui/parts.tsx";
import { graphFile, IN_FOLDER, line } from "../ui/shell.ts";
import type { Workspace } from "../workspace/model.ts";
import { NodeSelect } from "./NodeSelect.tsx";

/** Paths that are asked for first, ten times as many with each "more", and what the server gives. */
const PATHS = { first: 12, most: 1000 };

export function PathTool({ work }: { work: Workspace }): JSX.Element {
  const selected = work.selection.value[0];
  const to = useSignal<number | null>(null);
  const swap = useSignal(false);
  const pack = work.pack.value;
  const end = to.value ?? work.targets.value[0] ?? null;
  const [source, target] = swap.value ? [end, selected] : [selected, end];
  const ordered =
    pack !== null && source !== null && target !== null && pack.layer[source] < pack.layer[target];
  return (
    <div class="stack">
      <div class="row">
        <span>Paths</span>
        <Segments
          label="Direction of the paths"
          value={swap.value ? "to" : "from"}
          options={[
            { value: "from", text: "from" },
            { value: "to", text: "to" },
          ]}
          onChange={(value) => (swap.value = value === "to")}
        />
        <span>the selected node, {swap.value ? "from" : "to"}</span>
        <NodeSelect
          work={work}
          value={end}
          label="The other end"
          onChange={(node) => (to.value = node)}
        />
      </div>
      {source === null || target === null || source === target ? (
        <Empty>Choose another node as the other end.</Empty>
      ) : ordered ? (
        <PathList key={`${source} ${target}`} work={work} from={source} to={target} />
      ) : (
        <Empty>
          Paths go from a lower layer to a higher one; these two are the other way round.
        </Empty>
      )}
    </div>
  );
}

function PathList({ work, from, to }: { work: Workspace; from: number; to: number }): JSX.Element {
  const names = work.names.value!;
  const k = useSignal(PATHS.first);
  const { state, stale, again } = useLoad(
    (signal) => askPaths(work.id, { from, to, k: k.value, within: null }, signal),
    [work.id, from, to],
    [k.value],
  );
  useActions(
    acts("Paths", [
      ["Shift+d", "Pin the path that has the focus, or the strongest", "pin path"],
      ["Shift+l", "Copy the paths as a command", "copy paths"],
    ]),
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={3} label="Looking for paths" />;
  if (load.is === "failed") return <Failure what="No paths" why={load.why} again={again} />;
  const { paths, coverage } = load.value;
  const copy = async (): Promise<void> => {
    const ends = [from, to].map((node) => written(work.pack.value!, node));
    const words = ["connectome", "paths", graphFile(work.id), ...ends, "-k", k.value];
    await copyCommand(line(words), IN_FOLDER);
  };
  if (paths.length === 0) return <Empty>No path of stored edges joins these two.</Empty>;
  return (
    <>
      <p class="muted">
        A path's number is the product of its edges' shares.
        {coverage !== null &&
          ` These ${paths.length} cover ${percent(coverage)} of all paths' absolute effect.`}
        <Button kind="quiet" keyName="Shift+l" act="copy paths" onClick={() => void copy()}>
          Copy as a command
        </Button>
      </p>
      <ol class="paths" aria-busy={stale}>
        {paths.map((path, at) => (
          <li key={path.nodes.join("-")} data-row={at === 0 ? "now" : ""}>
            <span class={`number ${path.share < 0 ? "negative" : "positive"}`}>
              {signedShare(path.share)}
            </span>
            <span class="path-nodes">
              {path.nodes.map((node, place) => (
                <span key={node}>
                  {place > 0 && <span class="muted"> → </span>}
                  <button type="button" class="as-text" onClick={() => work.select([node])}>
                    {names.full(node)}
                  </button>
                </span>
              ))}
            </span>
            <Button
              kind="quiet"
              keyName="Shift+d"
              act="pin path"
              title="Pin all nodes of this path"
              onClick={() => work.do({ do: "pin", nodes: path.nodes })}
            >
              Pin
            </Button>
          </li>
        ))}
      </ol>
      {paths.length >= k.value &&
        (k.value < PATHS.most ? (
          <Button kind="quiet" onClick={() => (k.value = Math.min(k.value * 10, PATHS.most))}>
            More paths
          </Button>
        ) : (
          <p class="note">More than {count(PATHS.most)} are not listed.</p>
        ))}
    </>
  );
}

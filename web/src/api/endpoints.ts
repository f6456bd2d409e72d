// The server's routes as functions: the only place that knows an address.
//
// Types are the server's (`wire.ts`, generated). What a view wants in another form is put into it
// here, once.

import type { Filters, Group, View } from "../state/document.ts";
import { Conflict, type Remote } from "../state/saver.ts";
import type { Asked } from "../ui/snippets.ts";
import type * as wire from "../wire.ts";
import { ApiError, bytesOf, json, type OnPart, send } from "./client.ts";

const enc = encodeURIComponent;

export const status = (signal?: AbortSignal) => json<wire.Status>("/api/status", { signal });
export const models = (signal?: AbortSignal) => json<wire.ModelRow[]>("/api/models", { signal });
export const graphs = (signal?: AbortSignal) => json<wire.GraphRow[]>("/api/graphs", { signal });
export const jobs = (signal?: AbortSignal) => json<wire.Job[]>("/api/jobs", { signal });

export const askJob = (id: string) => json<wire.Job>(`/api/jobs/${enc(id)}`);
/** Sends what started a job once more. */
export const startAgain = ({ path, body }: Asked) => json<wire.JobStarted>(path, { body });

/** Errors of the page, the newest first. */
export const pageLog = (signal?: AbortSignal) => json<wire.LogRow[]>("/api/log", { signal });

export const tokenize = (body: wire.PromptAsk, signal?: AbortSignal) =>
  json<wire.Tokens>("/api/tokenize", { body, signal });
export const forward = (body: wire.ForwardAsk, signal?: AbortSignal) =>
  json<wire.Forward>("/api/forward", { body, signal });
export const estimate = (body: wire.PromptAsk, signal?: AbortSignal) =>
  json<wire.Estimate>("/api/estimate", { body, signal });

export const trace = (body: wire.TraceAsk) => json<wire.JobStarted>("/api/graphs", { body });
export const importGraph = (file: Blob, name: string) =>
  json<wire.Imported>(`/api/graphs/import?name=${enc(name)}`, { method: "POST", body: file });
export const patchGraph = (id: string, body: wire.GraphPatch) =>
  send(`/api/graphs/${enc(id)}`, { method: "PATCH", body });
export const deleteGraph = (id: string) =>
  json<wire.Deleted>(`/api/graphs/${enc(id)}`, { method: "DELETE" });
export const trash = (signal?: AbortSignal) => json<wire.TrashRow[]>("/api/trash", { signal });
export const putBack = (name: string) => send(`/api/trash/${enc(name)}`, { method: "POST" });
export const emptyTrash = (name: string) => send(`/api/trash/${enc(name)}`, { method: "DELETE" });
export const cancelJob = (id: string) => send(`/api/jobs/${enc(id)}`, { method: "DELETE" });

export const head = (id: string, signal?: AbortSignal) =>
  json<wire.GraphHead>(`/api/graphs/${enc(id)}`, { signal });

export async function pack(
  id: string,
  top: number,
  signal?: AbortSignal,
  onPart?: OnPart,
): Promise<ArrayBuffer> {
  return bytesOf(await send(`/api/graphs/${enc(id)}/pack?top=${top}`, { signal }), onPart);
}

export const edgesOf = (id: string, node: number, signal?: AbortSignal) =>
  json<wire.NodeEdges>(`/api/graphs/${enc(id)}/edges?node=${node}`, { signal });
export const why = (id: string, source: number, target: number, signal?: AbortSignal) =>
  json<wire.Why>(`/api/graphs/${enc(id)}/why?source=${source}&target=${target}`, { signal });
export const paths = (id: string, body: wire.PathsAsk, signal?: AbortSignal) =>
  json<wire.Paths>(`/api/graphs/${enc(id)}/paths`, { body, signal });
export const suggest = (id: string, body: wire.SuggestAsk, signal?: AbortSignal) =>
  json<wire.Suggestions>(`/api/graphs/${enc(id)}/suggest`, { body, signal });
export const recurring = (body: wire.RecurringAsk, signal?: AbortSignal) =>
  json<wire.Recurring>("/api/recurring", { body, signal });
export const compare = (body: wire.CompareAsk, signal?: AbortSignal) =>
  json<wire.Compare>("/api/compare", { body, signal });

/** What pruning keeps, as one byte a node. */
export interface Kept {
  mask: Uint8Array;
  nKept: number;
  nEdges: number;
  nUndetermined: number;
  scores: wire.Scores;
}

export async function prune(
  id: string,
  body: wire.PruneAsk,
  nNodes: number,
  signal?: AbortSignal,
): Promise<Kept> {
  const answer = await json<wire.PrunedGraph>(`/api/graphs/${enc(id)}/prune`, { body, signal });
  const mask = new Uint8Array(nNodes);
  for (const node of answer.kept) mask[node] = 1;
  return {
    mask,
    nKept: answer.kept.length,
    nEdges: answer.n_edges,
    nUndetermined: answer.n_undetermined,
    scores: answer.scores,
  };
}

/** Groups and single nodes as the wire wants them: every box is a group. */
export function wireGroups(boxes: readonly Group[]): wire.Group[] {
  return boxes.map(({ id, name, nodes }) => ({ id, name, nodes }));
}

export const circuit = (id: string, boxes: readonly Group[], signal?: AbortSignal) =>
  json<wire.Circuit>(`/api/graphs/${enc(id)}/circuit`, {
    body: { groups: wireGroups(boxes), pins: [] } satisfies wire.CircuitAsk,
    signal,
  });

export const runs = (id: string, signal?: AbortSignal) =>
  json<wire.RunRow[]>(`/api/graphs/${enc(id)}/runs`, { signal });
export const run = (id: string, number: number, signal?: AbortSignal) =>
  json<wire.Run>(`/api/graphs/${enc(id)}/runs/${number}`, { signal });
export const startRun = (id: string, body: wire.RunAsk) =>
  json<wire.JobStarted>(`/api/graphs/${enc(id)}/runs`, { body });
export const nameRun = (id: string, number: number, name: string) =>
  json<wire.RunRow>(`/api/graphs/${enc(id)}/runs/${number}`, {
    method: "PATCH",
    body: { name } satisfies wire.RunPatch,
  });
export const deleteRun = (id: string, number: number) =>
  json<wire.Deleted>(`/api/graphs/${enc(id)}/runs/${number}`, { method: "DELETE" });

export async function figure(body: wire.FigureAsk, signal?: AbortSignal): Promise<Blob> {
  return await (await send("/api/figure", { body, signal })).blob();
}

/** With the view's pins and groups; JSON and CSV are pruned at these thresholds. */
export function exportUrl(id: string, format: string, view: string, filters: Filters): string {
  const { nodeThreshold, edgeThreshold } = filters;
  const pruned = `node_threshold=${nodeThreshold}&edge_threshold=${edgeThreshold}`;
  return `/api/graphs/${enc(id)}/export?format=${format}&view=${enc(view)}&${pruned}`;
}

/** The workspace in one file, with this view. */
export const pageUrl = (id: string, view: string): string =>
  `/api/graphs/${enc(id)}/export?format=html&view=${enc(view)}`;

const viewUrl = (id: string, name: string): string => `/api/graphs/${enc(id)}/views/${enc(name)}`;

export const versions = (id: string, name: string, signal?: AbortSignal) =>
  json<wire.ViewVersion[]>(`${viewUrl(id, name)}/versions`, { signal });
export const version = (id: string, name: string, number: number) =>
  json<unknown>(`${viewUrl(id, name)}?version=${number}`);

export const nameView = (id: string, name: string, to: string) =>
  send(viewUrl(id, name), { method: "PATCH", body: { name: to } satisfies wire.ViewPatch });
export const deleteView = (id: string, name: string) =>
  json<wire.Deleted>(viewUrl(id, name), { method: "DELETE" });

/** A saved view, as the saver wants it. */
export function viewRemote(id: string, name: string): Remote {
  const url = viewUrl(id, name);
  return {
    load: async () => {
      try {
        // What is not there is no failure, which a browser would write down as one.
        if ((await versions(id, name)).length === 0) return null;
        const response = await send(url);
        return {
          etag: response.headers.get("etag") ?? "*",
          view: (await response.json()) as unknown,
        };
      } catch (failure) {
        if (failure instanceof ApiError && failure.status === 404) return null;
        throw failure;
      }
    },
    save: async (view: View & { name?: string }, etag: string | null) => {
      const headers = { "content-type": "application/json", "if-match": etag ?? "*" };
      const response = await send(url, { method: "PUT", body: view, headers, answers: [412] });
      if (response.status === 412) {
        const conflict = (await response.json()) as wire.ViewConflict;
        throw new Conflict({ etag: conflict.etag, view: conflict.current });
      }
      return ((await response.json()) as wire.ViewSaved).etag;
    },
  };
}

export const featureSets = (signal?: AbortSignal) =>
  json<wire.FeatureSets>("/api/features", { signal });
/** Where the index of a set of features lies on the server's machine, if there is one. */
export async function indexPath(set: string | null): Promise<string | null> {
  const known = set === null ? [] : (await featureSets()).sets;
  return known.find((one) => one.name === set)?.index?.path ?? null;
}
export const feature = (set: string, layer: number, index: number, signal?: AbortSignal) =>
  json<wire.Feature>(`/api/features/${enc(set)}/${layer}/${index}`, { signal });
/** What a feature is called, also where nothing was collected. */
export const featureLabel = (set: string, layer: number, index: number, signal?: AbortSignal) =>
  json<wire.FeatureLabel>(`/api/features/${enc(set)}/${layer}/${index}/label`, { signal });
/** Names a feature wherever it fires; an empty text takes that name away. */
export const nameFeature = (set: string, { layer, index }: wire.FeatureName, text: string) =>
  json<wire.FeatureLabel>(`/api/features/${enc(set)}/${layer}/${index}/label`, {
    method: "PUT",
    body: { text } satisfies wire.LabelAsk,
  });
export const featureWeights = (set: string, layer: number, index: number, signal?: AbortSignal) =>
  json<wire.FeatureWeights>(`/api/features/${enc(set)}/${layer}/${index}/weights`, { signal });
/** How strongly it writes to each layer. */
export const featureWrites = (set: string, layer: number, index: number, signal?: AbortSignal) =>
  json<wire.FeatureWrites>(`/api/features/${enc(set)}/${layer}/${index}/writes`, { signal });
export const featureOnText = (
  set: string,
  { layer, index }: wire.FeatureName,
  body: wire.PromptAsk,
  signal?: AbortSignal,
) =>
  json<wire.FeatureOnText>(`/api/features/${enc(set)}/${layer}/${index}/activations`, {
    body,
    signal,
  });
export const featureGraphs = (
  set: string,
  { layer, index }: wire.FeatureName,
  signal?: AbortSignal,
) => json<wire.FeatureGraphs>(`/api/features/${enc(set)}/${layer}/${index}/graphs`, { signal });
export const featureQuery = (body: wire.FeatureQuery, signal?: AbortSignal) =>
  json<wire.FeaturePage>("/api/features/query", { body, signal });
export const featureSearch = (body: wire.FeatureSearch, signal?: AbortSignal) =>
  json<wire.FeatureFound>("/api/features/search", { body, signal });

export const probes = (signal?: AbortSignal) => json<wire.ProbeRow[]>("/api/probes", { signal });
export const startProbe = (body: wire.ProbeAsk) => json<wire.JobStarted>("/api/probes", { body });
export const probe = (number: number, signal?: AbortSignal) =>
  json<wire.Probe>(`/api/probes/${number}`, { signal });
export const probeGrids = (number: number, features: readonly string[], signal?: AbortSignal) =>
  json<wire.ProbeGrids>(`/api/probes/${number}/grids?features=${features.map(enc).join(",")}`, {
    signal,
  });
export const probeAnswers = (number: number, signal?: AbortSignal) =>
  json<wire.ProbeAnswers>(`/api/probes/${number}/answers`, { signal });
export const deleteProbe = (number: number) =>
  json<wire.Deleted>(`/api/probes/${number}`, { method: "DELETE" });

/** Follows a job to its end; `onStep` hears of every state. The answer is the last one. */
export function follow(
  id: string,
  onStep: (job: wire.Job) => void,
  signal?: AbortSignal,
): Promise<wire.Job> {
  return new Promise((resolve, reject) => {
    const source = new EventSource(`/api/jobs/${enc(id)}/events`);
    const end = (): void => source.close();
    signal?.addEventListener("abort", () => {
      end();
      reject(new DOMException("not followed any more", "AbortError"));
    });
    source.addEventListener("job", (event: MessageEvent<string>) => {
      const job = JSON.parse(event.data) as wire.Job;
      onStep(job);
      if (!isFinal(job)) return;
      end();
      resolve(job);
    });
    source.onerror = () => {
      // The browser asks again by itself unless the server said that there is nothing.
      if (source.readyState === EventSource.CLOSED) {
        askJob(id).then((job) => {
          onStep(job);
          if (isFinal(job)) resolve(job);
          else reject(new ApiError("the job's events ended before the job", null, 0));
        }, reject);
      }
    };
  });
}

export function isFinal(job: wire.Job): boolean {
  return job.state === "finished" || job.state === "failed" || job.state === "cancelled";
}

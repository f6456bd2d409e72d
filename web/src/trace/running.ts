// The single trace under way: it opens its graph if its page is still shown.

import { ApiError, sentence } from "../api/client.ts";
import { Running } from "../api/running.ts";
import { go, place } from "../ui/router.ts";
import { toast } from "../ui/toast.tsx";

const PATH = "/new";

export const running = new Running("trace", {
  ended: ({ result, error }) => {
    if (!result?.graph) {
      const why = error?.what ?? "it was stopped before its first row";
      toast(`The trace ended without a graph: ${why}.`);
      return;
    }
    // Who went on to another page stays there.
    if (place.peek().path === PATH) go(`/g/${result.graph}`);
    else toast("The trace is done; its graph is in the library.");
  },
  failed: (why) => {
    const hint = why instanceof ApiError && why.hint ? ` ${why.hint}` : "";
    toast(`Not traced: ${sentence(why)}.${hint}`);
  },
});

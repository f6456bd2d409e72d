// The single trace under way: it opens its graph if its page is still shown.

import { whyText } from "../api/client.ts";
import { Running } from "../api/running.ts";
import { go, place } from "../ui/router.ts";
import { toast, toastFailure } from "../ui/toast.tsx";

const PATH = "/new";

export const running = new Running("trace", {
  ended: ({ result, error }) => {
    if (!result?.graph) {
      if (error) toastFailure(`The trace failed: ${whyText(error)}`);
      else toast("The trace ended without a graph: it was stopped before its first row.");
      return;
    }
    // Who went on to another page stays there.
    if (place.peek().path === PATH) go(`/g/${result.graph}`);
    else toast("The trace is done; its graph is in the library.");
  },
  failed: (why) => {
    toastFailure(`Not traced: ${whyText(why)}`);
  },
});

// Tests under way. Which of the measured ones is shown is in the address.

import { signal } from "@preact/signals";
import { whyText } from "../api/client.ts";
import { Running } from "../api/running.ts";
import { match, place, setQuery } from "../ui/router.ts";
import { toastFailure } from "../ui/toast.tsx";

/** Goes up whenever a test ended or a measured one changed: runs are asked for again. */
export const finished = signal(0);

export const running = new Running("run", {
  ended: ({ state, error, graph, result }) => {
    if (state === "failed")
      toastFailure(`The test failed: ${error ? whyText(error) : "no reason was given."}`);
    // Who went on to another graph stays there.
    const isOpen = match("/g/:id", place.peek().path)?.id === graph;
    if (isOpen && result?.run) setQuery({ run: String(result.run) });
    finished.value++;
  },
  failed: (why) => {
    toastFailure(`The test was not run: ${whyText(why)}`);
    finished.value++;
  },
});

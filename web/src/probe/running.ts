// Probes under way: the form, the inspector and a feature's page start and follow the same ones.

import { signal } from "@preact/signals";
import { whyText } from "../api/client.ts";
import { Running } from "../api/running.ts";
import { go, place } from "../ui/router.ts";
import { toast, toastFailure } from "../ui/toast.tsx";

/** The page of the form. */
const PATH = "/probe";

/** Goes up whenever a probe ended: lists of probes are asked for again. */
export const finished = signal(0);

export const running = new Running("probe", {
  ended: ({ result, error }) => {
    finished.value++;
    if (!result?.probe) {
      if (error) toastFailure(`The probe failed: ${whyText(error)}`);
      else toast("Nothing was kept: the probe was stopped.");
      return;
    }
    // Who went on to another page stays there.
    if (place.peek().path === PATH) go(`${PATH}/${result.probe}`);
    else toast("The probe is done; it is among the kept ones.");
  },
  failed: (why) => {
    toastFailure(`Not probed: ${whyText(why)}`);
  },
});

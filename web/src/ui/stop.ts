// Stops a job of the server, wherever it is listed.

import { sentence } from "../api/client.ts";
import { cancelJob } from "../api/endpoints.ts";
import { toastFailure } from "./toast.tsx";

/** Whether it was stopped; where it was not, a message says why. */
export async function stopJob(id: string): Promise<boolean> {
  try {
    await cancelJob(id);
    return true;
  } catch (failure) {
    toastFailure(`Not stopped: ${sentence(failure)}.`);
    return false;
  }
}

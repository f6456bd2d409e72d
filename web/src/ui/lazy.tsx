// Pages and panes whose code is fetched when they are first shown, so that a workspace opens
// without the code of all others; and what is done so rarely that its code can wait for the deed.

import type { ComponentType, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useLoad } from "./load.ts";
import { Failure, Skeleton } from "./parts.tsx";
import { toastFailure } from "./toast.tsx";

/** A component that is there once `load` has brought it. */
export function lazy<P extends object>(
  load: () => Promise<ComponentType<P>>,
): (props: P) => JSX.Element {
  let here: ComponentType<P> | null = null;
  const bring = async (): Promise<ComponentType<P>> => {
    here = await load();
    return here;
  };
  function Coming(props: P): JSX.Element {
    const { state, again } = useLoad(bring, []);
    const now = state.value;
    if (now.is === "ready") return <now.value {...props} />;
    return (
      <div class="sheet">
        {now.is === "failed" ? (
          <Failure what="Its code did not come" why={now.why} again={again} />
        ) : (
          <Skeleton />
        )}
      </div>
    );
  }
  return (props) => {
    // Stays what it was when it came: another component in its place would lose its state.
    const Here = useMemo(() => here ?? Coming, []);
    return <Here {...props} />;
  };
}

/** Does something with code once `load` has brought it. */
export function later<M>(load: () => Promise<M>): (what: (of: M) => void) => void {
  return (what) => void load().then(what, () => toastFailure("Its code did not come; try again."));
}

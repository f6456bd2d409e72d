// Pages whose code is fetched when their address is first shown, so that a workspace opens
// without the code of all others.

import type { ComponentType, JSX } from "preact";
import { useLoad } from "./load.ts";
import { Failure, Skeleton } from "./parts.tsx";

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
          <Failure what="The code of this page did not come" why={now.why} again={again} />
        ) : (
          <Skeleton />
        )}
      </div>
    );
  }
  return (props) => {
    const Here = here ?? Coming;
    return <Here {...props} />;
  };
}

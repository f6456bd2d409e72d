// Both versions of what two windows changed, and which of them is in the document.

import type { JSX } from "preact";
import { type Clash, type Part, putPart } from "../state/clashes.ts";
import type { Saver } from "../state/saver.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Button, Empty } from "../ui/parts.tsx";
import { partText, whatText } from "./clashText.ts";
import type { Workspace } from "./model.ts";

interface ClashesProps {
  work: Workspace;
  saver: Saver;
  onClose: () => void;
}

export function Clashes({ work, saver, onClose }: ClashesProps): JSX.Element {
  const clashes = saver.clashes.value;
  const put = (part: Part): void => work.do(putPart(part, work.view.peek()));
  const take = (clash: Clash, whose: Clash["now"]): void => {
    // What is there already is no step to undo.
    if (clash.now !== whose) put(clash[whose]);
    saver.settle([clash]);
  };
  return (
    <Dialog title="Changed in two windows" onClose={onClose} wide>
      {clashes.length === 0 ? (
        <Empty action={<Button onClick={onClose}>Close</Button>}>All is chosen.</Empty>
      ) : (
        <>
          <p>
            Another window changed the same and saved it first. Nothing is lost: choose, and Undo
            takes it back.
          </p>
          <div class="matrix-scroll">
            <table>
              <thead>
                <tr>
                  <th>what</th>
                  <th>the other window's</th>
                  <th>this window's</th>
                </tr>
              </thead>
              <tbody>
                {clashes.map((clash) => (
                  <tr key={clash.key}>
                    <th scope="row">{whatText(work, clash.mine)}</th>
                    {(["theirs", "mine"] as const).map((whose) => (
                      <Version key={whose} work={work} clash={clash} whose={whose} take={take} />
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Dialog>
  );
}

function Version(props: {
  work: Workspace;
  clash: Clash;
  whose: Clash["now"];
  take: (clash: Clash, whose: Clash["now"]) => void;
}): JSX.Element {
  const { work, clash, whose, take } = props;
  const isNow = clash.now === whose;
  return (
    <td>
      <p>{partText(work, clash[whose])}</p>
      <Button
        label={`${isNow ? "Keep" : "Take"} ${whose === "mine" ? "this window's" : "the other's"}: ${whatText(work, clash.mine)}`}
        onClick={() => take(clash, whose)}
      >
        {isNow ? "Keep" : "Take"}
      </Button>{" "}
      {isNow && <small>is there now</small>}
    </td>
  );
}

// Markdown of model cards as elements: headings, paragraphs, lists, tables, code, emphasis.
//
// A card is foreign text: everything becomes text nodes, links are shown and not followed, and
// HTML stays what it looks like.

import type { ComponentChildren, JSX } from "preact";

export function Markdown({ text }: { text: string }): JSX.Element {
  const body = text.replace(/^---\n[\s\S]*?\n---\n/, "");
  return <div class="markdown">{blocks(body.split("\n"))}</div>;
}

function blocks(lines: string[]): ComponentChildren[] {
  const out: ComponentChildren[] = [];
  let at = 0;
  const take = (test: (line: string) => boolean): string[] => {
    const from = at;
    while (at < lines.length && test(lines[at])) at++;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at];
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (line.trim() === "") at++;
    else if (heading) {
      at++;
      out.push(<h3 key={at}>{inline(heading[2])}</h3>);
    } else if (line.startsWith("```")) {
      at++;
      const code = take((one) => !one.startsWith("```"));
      at++;
      out.push(<pre key={at}>{code.join("\n")}</pre>);
    } else if (line.startsWith("|")) {
      out.push(<Table key={at} lines={take((one) => one.startsWith("|"))} />);
    } else if (/^\s*([-*]|\d+\.)\s/.test(line)) {
      const items = take((one) => /^\s*([-*]|\d+\.)\s/.test(one) || /^\s{2,}\S/.test(one));
      out.push(<List key={at} lines={items} />);
    } else {
      const paragraph = take((one) => one.trim() !== "" && !/^(#|```|\||\s*[-*]\s)/.test(one));
      if (paragraph.length === 0) at++;
      else out.push(<p key={at}>{inline(paragraph.join(" "))}</p>);
    }
  }
  return out;
}

function List({ lines }: { lines: string[] }): JSX.Element {
  const items: string[] = [];
  for (const line of lines) {
    const item = /^\s*(?:[-*]|\d+\.)\s+(.*)$/.exec(line);
    if (item) items.push(item[1]);
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return (
    <ul>
      {items.map((item, at) => (
        <li key={at}>{inline(item)}</li>
      ))}
    </ul>
  );
}

function Table({ lines }: { lines: string[] }): JSX.Element {
  const rows = lines
    .filter((line) => !/^\|[\s:|-]+\|?$/.test(line))
    .map((line) =>
      line
        .replace(/^\||\|\s*$/g, "")
        .split("|")
        .map((cell) => cell.trim()),
    );
  const [head, ...body] = rows;
  return (
    <table>
      <thead>
        <tr>
          {head?.map((cell, at) => (
            <th key={at}>{inline(cell)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {body.map((row, place) => (
          <tr key={place}>
            {row.map((cell, at) => (
              <td key={at}>{inline(cell)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const INLINE = /(`[^`]+`)|(\*\*[^*]+\*\*)|(\*[^*\s][^*]*\*)|\[([^\]]+)\]\(([^)]+)\)/g;

function inline(text: string): ComponentChildren[] {
  const out: ComponentChildren[] = [];
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    out.push(text.slice(last, found.index));
    const [whole, code, strong, em, label, url] = found;
    if (code) out.push(<code key={found.index}>{code.slice(1, -1)}</code>);
    else if (strong) out.push(<strong key={found.index}>{strong.slice(2, -2)}</strong>);
    else if (em) out.push(<em key={found.index}>{em.slice(1, -1)}</em>);
    else
      out.push(
        <span key={found.index} title={url}>
          {label}
        </span>,
      );
    last = found.index + whole.length;
  }
  out.push(text.slice(last));
  return out;
}

import{E as e,T as t,_ as n,ft as r,n as i,v as a}from"./parts-DFWmyrTL.js";import{i as o}from"./shell-Dc94BffQ.js";function s({path:e,body:t},n){return`${[`curl`,`-sS`,o(n+e),`-H`,`'content-type: application/json'`].join(` `)} -d ${o(JSON.stringify(t))}`}function c({path:e,body:t},n){return`import json, time
from urllib.request import Request, urlopen

SERVER = ${u(n)}
# A server on another machine asks for a token, too: "authorization": "Bearer …"
HEADERS = {"content-type": "application/json"}


def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(SERVER + path, data, HEADERS)) as answer:
        return json.load(answer)


started = ask(${u(e)}, ${u(t)})
job = ask("/api/jobs/" + started["job"])
while job["state"] in ("queued", "running"):
    time.sleep(0.5)
    job = ask("/api/jobs/" + started["job"])
print(job["state"], job["result"] or job["error"])
`}var l=new Map([[null,`None`],[void 0,`None`],[!0,`True`],[!1,`False`]]);function u(e){let t=l.get(e);return t===void 0?Array.isArray(e)?`[${e.map(u).join(`, `)}]`:typeof e==`object`?`{${Object.entries(e).filter(([,e])=>e!==void 0).map(([e,t])=>`${JSON.stringify(e)}: ${u(t)}`).join(`, `)}}`:JSON.stringify(e):t}var d=[{name:`curl`,key:`Shift+y c`,write:s},{name:`Python`,key:`Shift+y p`,write:c}];function f({of:o,asked:s,keys:c=!1}){let l=async t=>{let n=s();if(!n)return;let r=t.write(n,location.origin);await e(r,`Copied as ${t.name}. It asks this server.`)};return a(c?n(o,d.map(e=>[e.key,`Copy as ${e.name}`,()=>void l(e)])):[]),t(r,{children:d.map(e=>t(i,{kind:`quiet`,title:`The same request to this server`,...c?{keyName:e.key}:{},label:`Copy as ${e.name}`,onClick:()=>void l(e),children:e.name},e.name))})}export{f as t};
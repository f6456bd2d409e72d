import{T as e,_ as t,lt as n,n as r,v as i,y as a}from"./parts-7mmPm7hR.js";import{i as o}from"./shell-Dc94BffQ.js";function s({path:e,body:t},n){return`${[`curl`,`-sS`,o(n+e),`-H`,`'content-type: application/json'`].join(` `)} -d ${o(JSON.stringify(t))}`}function c({path:e,body:t},n){return`import json, time
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
`}var l=new Map([[null,`None`],[void 0,`None`],[!0,`True`],[!1,`False`]]);function u(e){let t=l.get(e);return t===void 0?Array.isArray(e)?`[${e.map(u).join(`, `)}]`:typeof e==`object`?`{${Object.entries(e).filter(([,e])=>e!==void 0).map(([e,t])=>`${JSON.stringify(e)}: ${u(t)}`).join(`, `)}}`:JSON.stringify(e):t}var d=[{name:`curl`,key:`Shift+y c`,write:s},{name:`Python`,key:`Shift+y p`,write:c}];function f({of:o,asked:s,keys:c=!1}){let l=async e=>{let t=s();if(!t)return;let n=e.write(t,location.origin);await a(n,`Copied as ${e.name}. It asks this server.`)};return i(c?t(o,d.map(e=>[e.key,`Copy as ${e.name}`,()=>void l(e)])):[]),e(n,{children:d.map(t=>e(r,{kind:`quiet`,title:`The same request to this server`,...c?{keyName:t.key}:{},label:`Copy as ${t.name}`,onClick:()=>void l(t),children:t.name},t.name))})}export{f as t};
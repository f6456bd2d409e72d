// The page of `connectome serve`.
//
// No request leaves this machine, and text of a model enters the page as text only.

import { App } from "./App.tsx";
import { start } from "./start.tsx";

start(<App />);

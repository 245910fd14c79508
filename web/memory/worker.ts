import { EngineHost } from '../worker/engine-host.ts';
import type { Request } from '../worker/protocol.ts';
import { loadRandomModel } from './random-model.ts';

// The engine's worker as every page has it, but that what it loads is made here.
const host = new EngineHost(loadRandomModel, (reply) => self.postMessage(reply));
self.addEventListener('message', ({ data }: MessageEvent<Request>) => host.handle(data));

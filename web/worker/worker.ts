import { EngineHost } from './engine-host.ts';
import { loadModel } from './engine.ts';
import type { Request } from './protocol.ts';

const host = new EngineHost(loadModel, (reply) => self.postMessage(reply));
self.addEventListener('message', ({ data }: MessageEvent<Request>) => host.handle(data));

// `npm start`: installs what is missing, builds the demo page and serves it.
import './require-node.mjs';
import { parseArgs } from 'node:util';
import { buildPages } from './build.mjs';
import { installPackages } from './install-packages.mjs';
import { serve } from './serve.mjs';

const DEFAULT_PORT = 4173;
const USAGE = 'usage: npm start [-- --port N]     (or PORT=N npm start); the next free port is taken where N is in use';

/** The port that was asked for; ends with the usage where that is none. */
function wantedPort() {
  try {
    const { values } = parseArgs({ options: { port: { type: 'string', default: process.env.PORT ?? String(DEFAULT_PORT) } } });
    const port = Number(values.port);
    if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
    console.error(`${values.port} is no port number.`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  console.error(USAGE);
  process.exit(2);
}

const port = wantedPort();
installPackages();
console.log('Building …');
const folder = await buildPages('site');
const server = await serve({ mounts: { '/': folder }, port, attempts: 50, cors: true, isolated: true });
console.log(`\n  Sluice is at ${server.url}\n\nPress Ctrl-C to stop.`);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    void server.close().then(() => process.exit(0));
  });
}

// Imported first by every command: an old Node ends here with a sentence, not with a stack trace from deep inside Vite.
const [major, minor] = process.versions.node.split('.').map(Number);

if (!(major > 20 || (major === 20 && minor >= 19))) {
  console.error(`Sluice needs Node 20.19 or newer and this is Node ${process.versions.node}. Install a current one from https://nodejs.org and run the command again.`);
  process.exit(1);
}

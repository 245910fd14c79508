/** Milliseconds of processor time that this process has used. Unlike the clock it does not go on while other processes have their turn. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

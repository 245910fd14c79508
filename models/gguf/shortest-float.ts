/** The shortest decimal that rounds to this f32: 1e-6 for 9.999999974752427e-7. Configs hold decimals, GGUF files hold f32. */
export function shortestFloat(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}

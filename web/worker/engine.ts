/** The one place where the shell meets the engine. */
export { loadModel } from '../../index.ts';

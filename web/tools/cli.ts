import { calibrate, type CalibrateInput } from './calibrate.ts';
import { evaluateFolders, type EvaluateFoldersInput } from './evaluate-folders.ts';
import { generateText, type GenerateTextInput } from './generate-text.ts';
import { measureMemory, type MemoryInput } from './memory.ts';
import { perplexity, type PerplexityInput } from './perplexity.ts';

// The page behind `npm run eval`, `generate`, `memory`, `perplexity` and `quantize --calibrate`: scripts/run-page.mjs calls `main`.

type Input =
  | ({ readonly command: 'eval' } & EvaluateFoldersInput)
  | ({ readonly command: 'generate' } & GenerateTextInput)
  | ({ readonly command: 'memory' } & MemoryInput)
  | ({ readonly command: 'perplexity' } & PerplexityInput)
  | ({ readonly command: 'calibrate' } & CalibrateInput);

async function main(input: Input, emit: (message: unknown) => Promise<void>): Promise<unknown> {
  switch (input.command) {
    case 'eval':
      return evaluateFolders(input, emit);
    case 'generate':
      return generateText(input, emit);
    case 'memory':
      return measureMemory(input, emit);
    case 'perplexity':
      return perplexity(input);
    case 'calibrate':
      return calibrate(input, emit);
    default:
      return input satisfies never;
  }
}

Object.assign(globalThis, { main });

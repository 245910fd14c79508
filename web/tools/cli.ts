import { evaluateFolders, type EvaluateFoldersInput } from './evaluate-folders.ts';
import { generateText, type GenerateTextInput } from './generate-text.ts';
import { perplexity, type PerplexityInput } from './perplexity.ts';

// The page behind `npm run eval`, `generate` and `perplexity`: scripts/run-page.mjs calls `main`.

type Input = ({ readonly command: 'eval' } & EvaluateFoldersInput) | ({ readonly command: 'generate' } & GenerateTextInput) | ({ readonly command: 'perplexity' } & PerplexityInput);

async function main(input: Input, emit: (message: unknown) => Promise<void>): Promise<unknown> {
  switch (input.command) {
    case 'eval':
      return evaluateFolders(input, emit);
    case 'generate':
      return generateText(input, emit);
    case 'perplexity':
      return perplexity(input);
    default:
      return input satisfies never;
  }
}

Object.assign(globalThis, { main });

import type { ModelSource, Quantization } from '../../models/load/load-options.ts';
import type { KvFormat } from '../../shaders/kv/kv-format.ts';
import { DEFAULT_MODEL } from '../default-model.ts';

/** A model as it was asked for, so that it can be asked for again. */
export interface Choice {
  readonly source: ModelSource;
  readonly quantize: Quantization;
}

/** A source as written in an attribute: relative addresses are meant from the page. */
export function readSource(attribute: string | null): ModelSource {
  if (attribute === null || attribute.trim() === '') return DEFAULT_MODEL.url;
  return /^\.{0,2}\//.test(attribute) ? new URL(attribute, document.baseURI).href : attribute.trim();
}

/** Attributes are written by people: anything unknown is an error to be told, not a guess. */
export function readQuantization(attribute: string | null): Quantization {
  switch (attribute) {
    case null:
    case '':
      return 'none';
    case 'none':
    case 'int8':
    case 'int4':
    case 'fp8':
      return attribute;
    default:
      throw new Error(`quantize="${attribute}" is none of none, int8, int4, fp8.`);
  }
}

/** Undefined where the attribute says nothing: then the loader decides. */
export function readKvCache(attribute: string | null): KvFormat | undefined {
  switch (attribute) {
    case null:
    case '':
      return undefined;
    case 'f32':
    case 'f16':
    case 'int8':
    case 'int4':
      return attribute;
    default:
      throw new Error(`kv-cache="${attribute}" is none of f32, f16, int8, int4.`);
  }
}

export function isDefault(source: ModelSource): boolean {
  return source === DEFAULT_MODEL.url;
}

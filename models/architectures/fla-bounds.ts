import { computed, vector, type VectorSpec } from '../weights/spec.ts';

/** A softmax over the layers, summed up to each but the first (`HGRN2Model.forward` of fla/models/hgrn2): bounds rise from layer to layer, from 0. values [layers, width]. */
function risingBounds(values: Float64Array, width: number): Float64Array {
  const bounds = new Float64Array(values.length);
  for (let i = 0; i < width; i++) {
    const column = values.filter((_, at) => at % width === i);
    const largest = Math.max(...column);
    const shares = column.map((value) => Math.exp(value - largest));
    const total = shares.reduce((sum, share) => sum + share, 0);
    for (let layer = 1; layer < column.length; layer++) bounds[layer * width + i] = bounds[(layer - 1) * width + i] + shares[layer] / total;
  }
  return bounds;
}

/** What the forget gates of HGRN and HGRN-2 never fall below, [layers, width]: learnt, or zeros where they are not `bounded`. */
export function lowerBounds(layers: number, width: number, bounded: boolean): VectorSpec {
  const name = 'model.lower_bounds';
  return bounded ? vector(name, layers * width, { shape: [layers, width], whole: (values) => risingBounds(values, width) }) : computed(name, new Float32Array(layers * width));
}

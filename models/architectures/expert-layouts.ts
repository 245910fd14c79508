import { rowsPerElement, type ExpertActivation } from '../../shaders/moe/variant.ts';
import { expertMatrix, stackedExperts } from '../weights/expert-specs.ts';
import { alternating } from '../weights/row-orders.ts';
import { concatenated, interleaved, interleavedVector, matrix, vector, type MatrixSpec, type VectorSpec } from '../weights/spec.ts';
import type { StoredModules } from '../weights/stored-modules.ts';
import { PROJ_NAMES, W_NAMES, type MlpNames } from './mlp.ts';

/** Every expert's projections by themselves: `experts.3.up_proj.weight`. */
interface SeparateLayout extends MlpNames {
  readonly kind: 'separate';
}

/** The projections of all experts in one tensor [experts, rows, inputs]. */
interface FusedLayout {
  readonly kind: 'fused';
  /** Names of the tensors; that of a bias goes on with `_bias`. */
  readonly gateUp: string;
  readonly down: string;
  /** How gate and up share the rows of the first: [gate; up], or taking turns. */
  readonly rows: 'halves' | 'alternating';
  /** Stored [experts, inputs, rows]. */
  readonly transposed: boolean;
}

/** How a checkpoint stores the projections of a layer's experts. */
export type ExpertsLayout = SeparateLayout | FusedLayout;

export const SEPARATE: ExpertsLayout = { kind: 'separate', ...PROJ_NAMES };
export const SEPARATE_W: ExpertsLayout = { kind: 'separate', ...W_NAMES };
/** As transformers 5 has them in memory, and saves them for some models. */
export const FUSED: FusedLayout = { kind: 'fused', gateUp: 'experts.gate_up_proj', down: 'experts.down_proj', rows: 'halves', transposed: false };

export interface ProjectionsConfig {
  readonly count: number;
  /** Of one expert. */
  readonly intermediateSize: number;
  /** What goes into the experts and comes out. */
  readonly width: number;
  readonly activation: ExpertActivation;
  readonly bias: boolean;
  /** Those that checkpoints of the family come in, the first where there is none. */
  readonly layouts: readonly [ExpertsLayout, ...ExpertsLayout[]];
}

interface ProjectionSpecs {
  /** Gate and up taking turns, or up alone where the activation takes no gate. */
  readonly gateUp: MatrixSpec;
  readonly gateUpBias: VectorSpec | undefined;
  readonly down: MatrixSpec;
  readonly downBias: VectorSpec | undefined;
}

/** Weights of the experts of the block under `prefix`, in whichever of the layouts they are stored. */
export function expertProjections(prefix: string, c: ProjectionsConfig, stored: StoredModules): ProjectionSpecs {
  const firstModule = (layout: ExpertsLayout): string => (layout.kind === 'fused' ? layout.gateUp : `experts.0.${layout.up}`);
  const layout = c.layouts.find((candidate) => stored(`${prefix}.${firstModule(candidate)}`)) ?? c.layouts[0];
  return layout.kind === 'fused' ? fused(prefix, c, layout) : separate(`${prefix}.experts`, c, layout);
}

function fused(prefix: string, { count, intermediateSize, width, activation, bias: biased }: ProjectionsConfig, { gateUp, down, rows, transposed }: FusedLayout): ProjectionSpecs {
  const first = rowsPerElement(activation) * intermediateSize;
  const halves = rows === 'halves' && first > intermediateSize;
  if (halves && biased) throw new Error(`no order is known for the biases of ${prefix}.${gateUp}`);
  const bias = (name: string, length: number): VectorSpec | undefined => (biased ? vector(`${prefix}.${name}_bias`, count * length, { shape: [count, length] }) : undefined);
  return {
    gateUp: expertMatrix(`${prefix}.${gateUp}`, count, first, width, { transposed, order: halves ? alternating(first) : undefined }),
    gateUpBias: bias(gateUp, first),
    down: expertMatrix(`${prefix}.${down}`, count, width, intermediateSize, { transposed }),
    downBias: bias(down, width),
  };
}

function separate(prefix: string, { count, intermediateSize: inner, width, activation, bias: biased }: ProjectionsConfig, { gate, up, down }: SeparateLayout): ProjectionSpecs {
  const gated = rowsPerElement(activation) === 2;
  const each = <T>(spec: (expert: string) => T): T[] => Array.from({ length: count }, (_, i) => spec(`${prefix}.${i}`));
  const bias = (name: string, spec: (expert: string) => VectorSpec): VectorSpec | undefined => (biased ? concatenated(`${prefix}.${name}_bias`, each(spec)) : undefined);
  return {
    gateUp: stackedExperts(
      `${prefix}.gate_up_proj`,
      each((expert) => (gated ? interleaved(expert, `${expert}.${gate}.weight`, `${expert}.${up}.weight`, inner, width) : matrix(`${expert}.${up}.weight`, inner, width))),
    ),
    gateUpBias: bias('gate_up_proj', (expert) => (gated ? interleavedVector(expert, `${expert}.${gate}.bias`, `${expert}.${up}.bias`, inner) : vector(`${expert}.${up}.bias`, inner))),
    down: stackedExperts(
      `${prefix}.down_proj`,
      each((expert) => matrix(`${expert}.${down}.weight`, width, inner)),
    ),
    downBias: bias('down_proj', (expert) => vector(`${expert}.${down}.bias`, width)),
  };
}

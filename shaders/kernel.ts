/** What the variants of a kernel may rely on: read off the adapter once, never off the browser's name. */
export interface Target {
  /** Invocations that are guaranteed to share a subgroup (a power of two), or 0 without subgroups. */
  readonly subgroup: number;
}

/** The part of a step that decides how many workgroups run. */
export interface StepSize {
  /** Tokens in this step, T. */
  readonly count: number;
  /** Tokens already in the sequence's state when the step begins. */
  readonly position: number;
}

export type Workgroups = readonly [x: number, y: number, z: number];

/** One `@group(0)` binding; its place in the list is its `@binding` number. */
export interface Binding {
  readonly name: string;
  readonly type: 'read' | 'write' | 'uniform';
}

/** One compiled-to-be variant of a kernel. Pure data: it never touches a device. */
export interface Kernel {
  /** Readable variant key: pipeline label, and its name in profiles and errors. */
  readonly label: string;
  readonly features: readonly GPUFeatureName[];
  readonly code: string;
  readonly bindings: readonly Binding[];
  /** Workgroups for a step. A kernel that ignores the step is the same size for each. */
  readonly workgroups: (step: StepSize) => Workgroups;
}

export interface Constant {
  readonly type: 'u32' | 'f32' | 'bool';
  readonly value: number | boolean;
}

export const u32 = (value: number): Constant => ({ type: 'u32', value });
export const f32 = (value: number): Constant => ({ type: 'f32', value });
export const bool = (value: boolean): Constant => ({ type: 'bool', value });

export interface ShaderParts {
  readonly features?: readonly GPUFeatureName[];
  readonly constants?: Readonly<Record<string, Constant>>;
  /** WGSL type aliases, e.g. `{ KvWord: 'vec2u' }`. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Whole WGSL files that the kernel calls into, in order. */
  readonly snippets?: readonly string[];
  /** The kernel's own file, as it stands on disk. */
  readonly source: string;
}

const ENABLES: Partial<Record<GPUFeatureName, string>> = { subgroups: 'subgroups' };

function literal({ type, value }: Constant): string {
  switch (type) {
    case 'u32':
      return `${value}u`;
    case 'bool':
      return String(value);
    case 'f32': {
      const text = String(Math.fround(Number(value)));
      return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
    }
    default:
      return type satisfies never;
  }
}

/** WGSL from whole files: `enable` lines, a prelude of aliases and constants, the snippets, then the kernel's file. */
export function assemble({ features = [], constants = {}, aliases = {}, snippets = [], source }: ShaderParts): string {
  return [
    ...features.flatMap((feature) => (ENABLES[feature] ? [`enable ${ENABLES[feature]};`] : [])),
    ...Object.entries(aliases).map(([name, type]) => `alias ${name} = ${type};`),
    ...Object.entries(constants).map(([name, constant]) => `const ${name}: ${constant.type} = ${literal(constant)};`),
    ...snippets,
    source,
  ].join('\n');
}

/** Workgroups of a one-dimensional grid that may exceed 65,535: folded into x and y; kernels use `workgroupIndex`. */
export function grid(workgroups: number): Workgroups {
  const x = Math.min(workgroups, 32768);
  return [x, Math.ceil(workgroups / x), 1];
}

export const ceilDiv = (a: number, b: number): number => Math.ceil(a / b);
/** Smallest multiple of `b` that holds `a`. */
export const roundUp = (a: number, b: number): number => Math.ceil(a / b) * b;

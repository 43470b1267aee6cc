// wire.ts - what the server says, as types. The words are those of api/openapi.yaml.

/** Elements of a tensor, nested; floats that JSON has no number for are texts. */
export type Value = number | boolean | string | Value[] | Summary;
/** What stands for a tensor of many elements. */
export interface Summary {
  shape: number[];
  dtype: string;
  min?: number | string;
  max?: number | string;
  mean?: number | string;
}

/** Where in the source something is written: lines from 1, columns from 1 in characters, the end excluded. */
export interface Span {
  line: number;
  column: number;
  end_line: number;
  end_column: number;
}

export interface Edge {
  to: number;
  input: number;
  /** Which result of that node it is for; left out: the first. */
  output?: number;
  local: { text: string; latex: string } | null;
  contribution: Value | null;
}

export interface Input {
  input: number;
  argument: string | null;
  id: number;
  name: string | null;
  node: number | null;
  version: number;
  requires_grad: boolean;
  /** Of a tensor that was there before. */
  dtype?: string;
  shape?: number[];
  is_leaf?: boolean;
  grad_fn?: string | null;
  value: Value;
}

export interface Result {
  id: number;
  name: string | null;
  dtype: string;
  shape: number[];
  version: number;
  requires_grad: boolean;
  is_leaf: boolean;
  value: Value;
  /** The input of the op whose elements it has. */
  shares?: number;
  /** Of a view whose base was written since: the base, and what leads to it. */
  base?: number;
  grad_fn?: string;
}

export interface Saved {
  input: number | null;
  output: number | null;
  name: string | null;
  version: number;
}

interface At {
  k: number;
  request?: string; // as that of a note
  line: number | null;
  step: number | null;
}

export interface OpStep extends At {
  phase: 'forward';
  kind: 'op';
  op: string;
  inplace: boolean;
  view: boolean;
  /** It was off: nothing is recorded. */
  grad_mode?: false;
  attributes: Record<string, unknown>;
  inputs: Input[];
  node: number | null;
  grad_fn: string | null;
  edges: Edge[];
  rebuilt?: { node: number; grad_fn: string; edges: Edge[] }[];
  saved?: Saved[];
  results: Result[];
  /** The base of the view that was written: it is the base that has got the node. */
  rewritten?: Result;
}

export interface NodeStep extends At {
  phase: 'backward';
  kind: 'node';
  node: number;
  grad_fn: string;
  incoming: Value | (Value | null)[];
  edges: Edge[];
}

export interface GradStep extends At {
  phase: 'backward';
  kind: 'accumulate' | 'retain' | 'capture';
  node: number | null;
  grad_fn: string | null;
  name: string | null;
  tensor?: number;
  grad?: number;
  incoming: Value;
  made?: boolean;
  grad_before: Value | null;
  grad_after: Value | null;
}

export type Step = OpStep | NodeStep | GradStep;

interface Noted {
  at: number;
  request?: string; // of a session that is followed: what it belongs to
  line: number | null;
  step: number | null;
}
export type Note = Noted &
  (
    | { kind: 'line' }
    | {
        kind: 'tensor';
        id: number;
        name: string | null;
        dtype: string;
        shape: number[];
        requires_grad: boolean;
        value: Value;
        numbers?: Span[];
      }
    | { kind: 'print'; text: string; cut?: boolean }
    | { kind: 'name'; name: string; id: number | null }
    | { kind: 'grad'; id: number; name: string | null; grad: number | null; value: Value | null }
    | {
        kind: 'flags';
        id: number;
        name: string | null;
        requires_grad: boolean;
        is_leaf: boolean;
        retains_grad: boolean;
      }
    | { kind: 'data'; id: number; name: string | null; version: number; value: Value; base?: number; grad_fn?: string }
  );

export interface Pass {
  first: number;
  last: number;
  retain_graph: boolean;
  create_graph: boolean;
  roots: { node: number; id: number; name: string | null; seed: Value }[];
  freed: number[];
}

export interface FailedSaved {
  input: number | null;
  output: number | null;
  id: number | null;
  name: string | null;
  version: number;
  expected: number;
}
export interface Failed {
  kind: 'op' | 'pass';
  line: number | null;
  op?: string;
  inputs?: { input: number; id: number; name: string | null; version: number }[];
  roots?: { node: number | null; id: number; name: string | null }[];
  node?: number | null;
  grad_fn?: string | null;
  saved?: FailedSaved | null;
}

export interface Trace {
  steps: Step[];
  notes?: Note[];
  passes: Pass[];
  failed?: Failed | null;
  truncated: boolean;
  left_out: number;
  notes_left_out?: number;
}

export interface ScriptError {
  request?: string;
  class: string;
  message: string;
  code: string;
  status: number;
  line: number;
  column: number;
}

export interface TensorDocument {
  name: string;
  dtype: string;
  shape: number[];
  requires_grad: boolean;
  is_leaf: boolean;
  grad_fn: string | null;
  version: number;
  has_grad: boolean;
  data: Value;
}

/** The answer of POST /v1/run?as=json, or the problem document of a script that failed. */
export interface RunAnswer {
  printed?: string[];
  values?: Record<string, TensorDocument | unknown>;
  error?: ScriptError | null;
  trace?: Trace;
  // of a problem document
  code?: string;
  title?: string;
  detail?: string;
  status?: number;
  line?: number;
  column?: number;
}

/** GET /problems/{code} */
export interface Advice {
  code: string;
  title: { en: string; zh: string };
  why?: string;
  instead?: { text: string; code: string | null }[];
}

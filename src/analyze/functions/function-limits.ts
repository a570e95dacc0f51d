// Bounds of amplifying functions. DuckDB runs a function over up to 2,048 rows without looking at an interrupt, and lists
// it makes there are not counted against its memory limit (measured: 14 GB under a limit of 1 GB). So every number
// is chosen for 2,048 of them at once: below a few seconds, or a few hundred megabytes, on one thread.

export const functionLimits = {
  /** Elements that range, generate_series and list_resize make: 160 MB for 2,048 lists. */
  listElementsMax: 10_000,
  /** Bytes that repeat and replace make: 2 GB for 2,048 of them, uncounted until they are kept. */
  outputBytesMax: 1_048_576,
  /** Of texts that become eight times as long, each time around: bin(bin(…)). */
  binaryBytesMax: 32_768,
  /** Of texts that become two or three times as long. */
  encodedBytesMax: 131_072,
  /** Of LIKE and GLOB patterns: RE2 takes time in proportion to pattern times text. */
  patternBytesMax: 1_024,
  /** Elements of a list whose lambda holds lists or lambdas: their number is squared, 1 GB for 2,048 lists. */
  heavyLambdaElementsMax: 256,
  /** Lambdas in one another. */
  lambdaDepthMax: 2,
  /** Characters that lpad and rpad fill up to (50 MB/s), bits of bitstring. */
  padLengthMax: 10_000,
  /** Any number in a format string; four digits, so that a year may stand in the text. */
  formatWidthMax: 9_999,
  /** Texts compared in quadratic time: 1 KB against 1 KB takes 4 ms. */
  distanceBytesMax: 1_024,
  /** damerau_levenshtein keeps the whole matrix, 8 bytes a cell, and is ten times slower. */
  matrixDistanceBytesMax: 256,
  /** Global matches begin anew at each position, so `a*b|a` is quadratic: 0.8 s for 16 KB. */
  globalMatchBytesMax: 16_384,
  /** Texts split into pieces: 16 bytes a piece, uncounted, 2 GB for 2,048 texts of single characters. */
  splitBytesMax: 65_536,
  /** Runs of combining marks are ordered by bubble sort: 1.2 s for 32 KB. */
  normalizeBytesMax: 16_384,
  /** json_pretty indents each level: n bytes can become n²; 11 s and 2.7 GB for 32 KB. */
  prettyJsonBytesMax: 4_096,
  /** Recursion over each level in time squared: 0.3 s for 96 KB of nested objects, a stack overflow for 360 KB. */
  structureJsonBytesMax: 16_384,
  /** Recursion over each level: a stack overflow for 360 KB. */
  deepJsonBytesMax: 65_536,
  /** Bins of a histogram: DuckDB itself would take a million. */
  binsMax: 1_000,
  /** approx_top_k reserves 500 bytes for each of k, for each group, uncounted. */
  topMax: 1_000,
} as const;

export type FunctionLimit = keyof typeof functionLimits;

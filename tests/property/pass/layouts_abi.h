/// What the library of one batch, compiled with the target's layouts, shows to run_layouts.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

enum { kMemoryBytes = 36864 };

struct layout_functions {
  /// Makes every pointer point into the memory, as seen from where it has the address `base`.
  void (*pointers)(unsigned char* memory, unsigned long base);
  /// Makes every _Bool true or false.
  void (*bools)(unsigned char* memory);
};

struct access_function {
  unsigned long (*run)(void* memory, unsigned long index);
  unsigned number;  ///< The program of the object is p<number>.
  unsigned layout;
  unsigned kernel;  ///< Whether the verifier can follow it.
};

extern const struct layout_functions layouts[];
extern const struct access_function functions[];
extern const unsigned function_count;

#ifdef __cplusplus
}
#endif

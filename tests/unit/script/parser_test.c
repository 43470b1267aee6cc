#include "script/world.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(parser, .init = script_world_start, .fini = script_world_finish);

Test(parser, refuses_with_the_place) {
  refuses("x = ", 1, 5);
  refuses("x = 1\ny = = 2", 2, 5);
  refuses("if x\n  y", 1, 5);
  refuses("if 1:\nx", 2, 1);
  refuses("  x", 1, 3);
  refuses("x = (1,\n  2", 2, 4);
  refuses("f(a=1, 2)", 1, 8);
  refuses("f(a=1, a=2)", 1, 8);
  refuses("1 = x", 1, 1);
  refuses("f() = 1", 1, 1);
  refuses("x + 1 += 2", 1, 3);
  refuses("return 1", 1, 1);
  refuses("break", 1, 1);
  refuses("def f(a, a): pass", 1, 10);
  refuses("def f(a=1, b): pass", 1, 12);
  refuses("def f(*a): pass", 1, 7);
  refuses("class A: pass", 1, 1);
  refuses("import os", 1, 8);
  refuses("from sys import path", 1, 6);
  refuses("x = {1: 2}", 1, 5);
  refuses("with open('x') as f: pass", 1, 16);
  refuses("变量 = $", 1, 6);
  refuses("x = 'abc", 1, 5);
  refuses("[x for x in y for z in w]", 1, 15);
  refuses("a, *b, *c = d", 1, 1);
  refuses("x: int", 1, 7);
}

Test(parser, refuses_in_f_strings) {
  refuses("f'{'", 1, 4);
  refuses("f'{}'", 1, 4);
  refuses("f'}'", 1, 3);
  refuses("f'{x!z}'", 1, 4);
  refuses("f'{1 +}'", 1, 7);
  refuses("f'ab{x y}'", 1, 8);
  refuses("'\\x1'", 1, 2);
}

static char *repeated(const char *head, const char *part, int n, const char *tail) {
  static char text[20000];
  strcpy(text, head);
  for (int i = 0; i < n; i++) strcat(text, part);
  return strcat(text, tail);
}

Test(parser, nesting) {
  char source[4000];
  static const char *const PARTS[][3] = {
      {"(", "1", ")"}, {"[", "", "]"}, {"-", "1", ""}, {"not ", "1", ""}, {"f(", "", ")"}};
  for (size_t k = 0; k < sizeof PARTS / sizeof *PARTS; k++) {
    source[0] = 0;
    for (int i = 0; i < 300; i++) strcat(source, PARTS[k][0]);
    strcat(source, PARTS[k][1]);
    for (int i = 0; i < 300; i++) strcat(source, PARTS[k][2]);
    cr_assert_eq(run_script(source, &SCRIPT_LIMITS), ERR_bad_script, "%zu", k);
    cr_assert(strstr(raised, "deep"), "%s", raised);
  }
  cr_assert_eq(run_script(repeated("x = 1", "+1", 300, ""), &SCRIPT_LIMITS), ERR_bad_script);
  prints(repeated("print(1", "+1", 99, ")"), "100\n");
  cr_assert_eq(run_script(repeated("x", ".a", 300, ""), &SCRIPT_LIMITS), ERR_bad_script);
}

Test(parser, blocks_nest_no_deeper_either) {
  char *source = malloc(200000), *p = source;
  for (int i = 0; i < 120; i++) p += sprintf(p, "%*sif 1:\n", i, "");
  sprintf(p, "%*spass\n", 120, "");
  cr_assert_eq(run_script(source, &SCRIPT_LIMITS), ERR_bad_script);
  p = source + sprintf(source, "if 0: pass\n");
  for (int i = 0; i < 200; i++) p += sprintf(p, "elif 0: pass\n");
  cr_assert_eq(run_script(source, &SCRIPT_LIMITS), ERR_bad_script);
  free(source);
}

Test(parser, takes_odd_but_fine_layouts) {
  prints("x = 1;  y = 2;\nprint(x, y)", "1 2\n");
  prints("if 1: x = 3; print(x)\nelse: print(0)", "3\n");
  prints("\n\n# only\n\nprint(1)\n\n   # last\n", "1\n");
  prints("print(\n1,\n  2,\n)", "1 2\n");
  prints("def f(a,\n  b=2,\n):\n  return a\nprint(f(1))", "1\n");
  prints("print('a'\n  'b')", "ab\n");
  prints("from math import (sqrt as root,\n pi)\nprint(root(4))", "2.0\n");
  prints("import torch.nn as nn, math as m\nprint(m.floor(1.5))", "1\n");
  prints("print(1 if 0 else 2 if 0 else 3)", "3\n");
}

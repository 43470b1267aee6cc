#include "op_probes.h"
#include <stdio.h>
#include <string.h>

// Tensors whose text is long for their size: every answer must find room before the write that it tells of.
static const struct {
  const char *shape, *dtype, *value;
} TENSORS[] = {
    {"[40]", "float64", "-1.2345678901234567e-300"},
    {"[1100]", "float64", "-1.2345678901234567e-300"},
    {"[30,2,20]", "float32", "-1.17549435e-38"},
    {"[1,1,1,1,1,1,1,90]", "float32", "-123456.789"},
    {"[90,1,1,1,1,1,1,1]", "float64", "-0.0001"},
    {"[2,2,2,2,2,2,2,2]", "int64", "-9223372036854775807"},
    {"[8,8,8,8]", "int64", "-9223372036854775807"},
    {"[300]", "bool", "false"},
    {"[0,400,3]", "float32", "1"},
    {"[400,0]", "float32", "1"},
    {"[]", "float64", "1e300"},
};

void answer_probes(void (*run)(const struct probe *)) {
  static const char *const KINDS[] = {"json", "txt", "repr", "csv", "npy", "raw"};
  char setup[300], target[80], what[120];
  for (size_t i = 0; i < sizeof TENSORS / sizeof *TENSORS; i++)
    for (size_t k = 0; k < sizeof KINDS / sizeof *KINDS; k++) {
      bool truth = !strcmp(TENSORS[i].dtype, "bool");
      snprintf(
          setup, sizeof setup,
          "{\"steps\":[{\"tensor\":\"big\",\"shape\":%s,\"dtype\":\"%s\",\"fill\":\"full\",\"value\":%s}]}",
          TENSORS[i].shape, TENSORS[i].dtype, TENSORS[i].value);
      snprintf(target, sizeof target, "/ops?as=%s", KINDS[k]);
      snprintf(what, sizeof what, "in place on %s %s, as %s", TENSORS[i].dtype, TENSORS[i].shape, KINDS[k]);
      const char *body =
          truth ? "{\"op\":\"zero_\",\"args\":[\"big\"]}" : "{\"op\":\"mul_\",\"args\":[\"big\",1]}";
      run(&(struct probe){what, {METHOD_POST, target, body, "application/json", NULL, 0}, 0, setup});
    }
}

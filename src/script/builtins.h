// builtins.h - the functions behind the rows of builtin.c, by the file they are in.
#pragma once
#include "script/builtin.h"
#include "script/interpreter.h"

#define BUILTIN(name) bool name(interpreter *in, const builtin *b, item *a, const arguments *all, item *out)

// builtin_python.c
BUILTIN(py_print);
BUILTIN(py_len);
BUILTIN(py_id);
BUILTIN(py_range);
BUILTIN(py_abs);
BUILTIN(py_bool);
BUILTIN(py_int);
BUILTIN(py_float);
BUILTIN(py_str);
BUILTIN(py_repr);
BUILTIN(py_format);
BUILTIN(py_round);
BUILTIN(py_pow);
// builtin_list.c
BUILTIN(py_list);
BUILTIN(py_tuple);
BUILTIN(py_zip);
BUILTIN(py_enumerate);
BUILTIN(py_sum);
BUILTIN(py_min);
BUILTIN(py_max);
BUILTIN(py_all);
BUILTIN(py_any);
BUILTIN(py_sorted);
BUILTIN(py_reversed);
BUILTIN(list_append_method);
BUILTIN(list_extend);
BUILTIN(list_insert);
BUILTIN(list_pop);
BUILTIN(list_index);
BUILTIN(list_count);
BUILTIN(list_clear);
BUILTIN(list_reverse);
BUILTIN(list_sort);
BUILTIN(size_numel);
// builtin_text.c
BUILTIN(text_format);
BUILTIN(text_join);
BUILTIN(text_upper);
BUILTIN(text_lower);
BUILTIN(text_strip);
BUILTIN(text_split);
BUILTIN(text_replace);
BUILTIN(text_starts);
BUILTIN(text_ends);
BUILTIN(text_ljust);
BUILTIN(text_rjust);
BUILTIN(text_center);
// builtin_math.c
BUILTIN(math_function);
BUILTIN(math_log);
BUILTIN(math_pow);
BUILTIN(math_atan2);
BUILTIN(math_floor);
BUILTIN(math_ceil);
BUILTIN(math_isnan);
BUILTIN(math_isinf);
BUILTIN(math_isfinite);
// builtin_torch.c
BUILTIN(torch_tensor);
BUILTIN(torch_manual_seed);
BUILTIN(torch_no_grad);
BUILTIN(torch_enable_grad);
BUILTIN(torch_set_grad_enabled);
BUILTIN(torch_is_grad_enabled);
BUILTIN(torch_is_tensor);
BUILTIN(torch_allclose);
BUILTIN(torch_equal);
BUILTIN(tensor_item);
BUILTIN(tensor_tolist);
BUILTIN(tensor_size);
BUILTIN(tensor_dim);
BUILTIN(tensor_numel_method);
BUILTIN(tensor_is_contiguous);
BUILTIN(tensor_is_floating_point);
BUILTIN(node_name_method);
// builtin_grad.c
BUILTIN(tensor_backward_method);
BUILTIN(tensor_retain_grad);
BUILTIN(autograd_backward_function);
BUILTIN(autograd_grad_function);
BUILTIN(optim_sgd);
BUILTIN(optim_adam);
BUILTIN(optim_adamw);
BUILTIN(optimizer_step_method);
BUILTIN(optimizer_zero_grad_method);

// What they share.
bool want_int(interpreter *in, const item *x, int64_t *out);     // TypeError
bool want_number(interpreter *in, const item *x, double *out);   // TypeError; a one-element tensor too
bool want_text(interpreter *in, const item *x, const str **out); // TypeError
bool want_flag(interpreter *in, const item *x, bool fallback, bool *out);
item tensor_scalar(const var *v, int64_t i); // an element as a Python number
bool sort_items(interpreter *in, item *at, size_t n, bool descending);

// args.h - the argument words of ops.def. Each word becomes a tuple (kind, name, default, choices), so that
// one argument list can be read in several ways; READ walks a list, see below. No guard: every reading
// includes this before ops.def and `ops_end.h` after it, for the words are single letters.
#define T(n)       (T, n, , )
#define O(n)       (O, n, , )
#define L(n)       (L, n, , )
#define KW         (KW, kw, , )
#define I(n, d)    (I, n, d, )
#define IR(n)      (IR, n, , )
#define IO(n)      (IO, n, , )
#define DIMS(n)    (DIMS, n, , )
#define DR(n)      (DR, n, , )
#define DN(n)      (DN, n, , )
#define V(n)       (V, n, , )
#define B(n, d)    (B, n, d, )
#define F(n, d)    (F, n, d, )
#define S(n, d)    (S, n, d, )
#define SR(n)      (SR, n, , )
#define P(n)       (P, n, , )
#define PR(n)      (PR, n, , )
#define D(n)       (D, n, , )
#define E(n, d, w) (E, n, d, w)
#define X(n)       (X, n, , )
#define ONLY(n, w) (ONLY, n, , w)
#define RG         ONLY(device, "cpu|cpu:0")(RG, requires_grad, , )

// READ(MODE_A args): with MODE_A(kind, name, default, words) defined as `something MODE_B` and MODE_B the
// same with `MODE_A`, this yields `something` for each argument; MODE_A_END and MODE_B_END are empty. (A
// macro cannot call itself, but two can take turns along a list of parenthesised tuples.)
#ifndef READ
#define READ(...)  READ_(__VA_ARGS__)
#define READ_(...) __VA_ARGS__##_END

// The attribute of each kind: its field in the struct. The tensors have none.
#define FIELDS_A(kind, n, d, w) FIELD_##kind(n) FIELDS_B
#define FIELDS_B(kind, n, d, w) FIELD_##kind(n) FIELDS_A
#define FIELDS_A_END
#define FIELDS_B_END
#define FIELD_T(n)
#define FIELD_O(n)
#define FIELD_L(n)
#define FIELD_KW(n)
#define FIELD_I(n)    int64_t n;
#define FIELD_IR(n)   int64_t n;
#define FIELD_IO(n)   int64_t n;
#define FIELD_DIMS(n) ints n;
#define FIELD_DR(n)   ints n;
#define FIELD_DN(n)   ints n;
#define FIELD_V(n)    ints n;
#define FIELD_B(n)    bool n;
#define FIELD_F(n)    double n;
#define FIELD_S(n)    scalar n;
#define FIELD_SR(n)   scalar n;
#define FIELD_P(n)    scalar n;
#define FIELD_PR(n)   scalar n;
#define FIELD_D(n)    uint8_t n;
#define FIELD_E(n)    uint8_t n;
#define FIELD_X(n)    index_spec n;
#define FIELD_ONLY(n)
#define FIELD_RG(n) bool n;
#endif

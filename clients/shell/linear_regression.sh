#!/bin/sh
# A linear regression trained from the shell: y = X w + b on 100 points, 400 steps of gradient descent, a few at a time
# in one request. The data follow y = 2 x1 - 3 x2 + 0.5 exactly, so the loss must vanish.
#
#   linear_regression.sh [BASE]        BASE is the server, http://127.0.0.1:8080 if not given
set -eu

BASE=${1:-http://127.0.0.1:8080}
S=$BASE/v1/sessions/regression_$$
trap 'curl -s -o /dev/null -X DELETE "$S"' EXIT

curl -sf "$BASE/readyz" >/dev/null || { echo "no server at $BASE" >&2; exit 2; }
curl -sf -o /dev/null -X PUT "$S" --json '{"seed":1}'

# The points, their targets, and the parameters to be found.
curl -sf -o /dev/null "$S/batch" --json '{"no_grad":true,"steps":[
  {"tensor":"X","shape":[100,2],"fill":"randn"},
  {"op":"matmul","args":["X",[[2.0],[-3.0]]],"out":"_clean"},
  {"op":"add","args":["_clean",0.5],"out":"target"},
  {"tensor":"w","shape":[2,1],"fill":"zeros","requires_grad":true},
  {"tensor":"b","shape":[1],"fill":"zeros","requires_grad":true}]}'

# One step: prediction, loss, gradient, update. Names with an underscore live as long as the batch.
step='{"op":"matmul","args":["X","w"],"out":"_p"},{"op":"add","args":["_p","b"],"out":"_p"},
  {"op":"mse_loss","args":["_p","target"],"out":"_loss"},{"zero_grad":["w","b"]},{"backward":"_loss"},
  {"no_grad":[{"op":"sub_","args":["w","w.grad"],"kwargs":{"alpha":0.1}},
              {"op":"sub_","args":["b","b.grad"],"kwargs":{"alpha":0.1}}]}'
steps=$step
for _ in 1 2 3 4 5 6 7 8 9; do steps="$steps,$step"; done

# The loss after each request of ten steps.
round=0
while [ "$round" -lt 40 ]; do
  round=$((round + 1))
  loss=$(curl -sf "$S/batch" --json "{\"steps\":[$steps],\"return\":[\"_loss\"]}" | sed 's/.*"data":\([^,}]*\).*/\1/')
  [ $((round % 8)) -ne 0 ] || printf 'step %3d   loss %s\n' $((round * 10)) "$loss"
done

echo "w = $(curl -sf "$S/tensors/w?as=txt" | tr '\n' ' ')  b = $(curl -sf "$S/tensors/b?as=txt")"

# Converged: the loss is below 1e-8, and the parameters are those that the data were made with.
{
  echo "$loss"
  curl -sf "$S/tensors/w?as=txt"
  curl -sf "$S/tensors/b?as=txt"
} | awk '
  function near(a, b) { return a - b < 0.001 && b - a < 0.001 }
  { v[NR] = $1 }
  END { exit !(NR == 4 && v[1] < 1e-8 && near(v[2], 2) && near(v[3], -3) && near(v[4], 0.5)) }' || {
  echo "it did not converge" >&2
  exit 1
}

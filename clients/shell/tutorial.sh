#!/bin/sh
# The autograd tutorial, block by block, with curl. Every answer is compared with what PyTorch prints.
#
#   tutorial.sh [BASE]        BASE is the server, http://127.0.0.1:8080 if not given
set -eu

BASE=${1:-http://127.0.0.1:8080}
S=$BASE/v1/sessions/tutorial_$$
wrong=0

# block TITLE: begins a block in a fresh session.
block() {
  printf '\n# %s\n' "$1"
  curl -s -o /dev/null -X DELETE "$S"
  curl -sf -o /dev/null -X PUT "$S"
}

# same WHAT EXPECTED ANSWER: shows the answer and notes whether it is the expected one.
same() {
  if [ "$2" = "$3" ]; then
    printf '%-28s %s\n' "$1" "$3"
  else
    printf '%-28s %s    <- expected %s\n' "$1" "$3" "$2"
    wrong=$((wrong + 1))
  fi
}

# field NAME: the value of one member of the JSON document on standard input. For a script of one's own, use jq.
field() { tr -d '\n' | sed "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/"; }

# put NAME BODY, op BODY, backward NAME [BODY], grad NAME: the requests that the blocks are made of.
put() { curl -sf -o /dev/null -X PUT "$S/tensors/$1" --json "$2"; }
op() { curl -sf -o /dev/null "$S/ops" --json "$1"; }
backward() { curl -sf -o /dev/null "$S/tensors/$1/backward" --json "${2:-"{}"}"; }
grad() { curl -s "$S/tensors/$1/grad?as=repr"; }
of() { curl -s "$S/tensors/$1?data=none" | field "$2"; }

# w = torch.tensor([1.], requires_grad=True); x = torch.tensor([2.], requires_grad=True)
leaves() {
  put w '{"data":[1.0],"requires_grad":true}'
  put x '{"data":[2.0],"requires_grad":true}'
}

# a = torch.add(w, x); b = torch.add(w, 1); y = torch.mul(a, b)
forward() {
  op '{"op":"add","args":["w","x"],"out":"a"}'
  op '{"op":"add","args":["w",1],"out":"b"}'
  op '{"op":"mul","args":["a","b"],"out":"y"}'
}

trap 'curl -s -o /dev/null -X DELETE "$S"' EXIT
curl -sf "$BASE/readyz" >/dev/null || { echo "no server at $BASE" >&2; exit 2; }

block "Computation graph: y = (x + w)(w + 1)"
leaves
forward
backward y
for t in w:true x:true a:false b:false y:false; do
  same "${t%:*}.is_leaf" "${t#*:}" "$(of "${t%:*}" is_leaf)"
done
same w.grad 'tensor([5.])' "$(grad w)"
same x.grad 'tensor([2.])' "$(grad x)"
for t in a b y; do same $t.grad None "$(grad $t)"; done
for t in w:null x:null a:AddBackward0 b:AddBackward0 y:MulBackward0; do
  same "${t%:*}.grad_fn" "${t#*:}" "$(of "${t%:*}" grad_fn)"
done

block "backward(retain_graph=True), then once more"
leaves
forward
backward y '{"retain_graph":true}'
same w.grad 'tensor([5.])' "$(grad w)"
backward y
same w.grad 'tensor([10.])' "$(grad w)"

block "Gradients are not zeroed by themselves"
leaves
for expected in 'tensor([5.])' 'tensor([10.])' 'tensor([15.])' 'tensor([20.])'; do
  forward
  backward y
  same w.grad "$expected" "$(grad w)"
done

block "w.grad.zero_() after each pass"
leaves
for _ in 1 2 3 4; do
  forward
  backward y
  same w.grad 'tensor([5.])' "$(grad w)"
  curl -sf -o /dev/null -X POST "$S/ops/zero_?args=w.grad"
done

block "What depends on a leaf that requires grad requires grad"
leaves
forward
for t in a b y; do
  same $t.requires_grad true "$(of $t requires_grad)"
  same $t.is_leaf false "$(of $t is_leaf)"
done

block "a = a + 1 makes another tensor, a += 1 changes the same one"
put a '{"shape":[1],"fill":"ones"}'
op '{"op":"detach","args":["a"],"out":"same_bytes"}'
same a 'tensor([1.])' "$(curl -s "$S/tensors/a?as=repr")"
op '{"op":"add","args":["a",[1.0]],"out":"a"}'
same a 'tensor([2.])' "$(curl -s "$S/tensors/a?as=repr")"
same "the first a" 'tensor([1.])' "$(curl -s "$S/tensors/same_bytes?as=repr")"
op '{"op":"add_","args":["a",[1.0]]}'
same a 'tensor([3.])' "$(curl -s "$S/tensors/a?as=repr")"
same "version of a" 1 "$(of a version)"

block "A leaf that requires grad may not be changed in place"
leaves
forward
refusal=$(curl -s -w ' %{http_code}' "$S/ops" --json '{"op":"add_","args":["w",1]}')
same "status of w.add_(1)" 409 "${refusal##* }"
same "code of w.add_(1)" leaf_inplace "$(echo "$refusal" | field code)"
echo "$refusal" | field detail

block "detach() shares the data"
leaves
forward
backward y
op '{"op":"detach","args":["w"],"out":"w_detach"}'
curl -sf -o /dev/null -X PATCH "$S/tensors/w_detach/data" --json '{"index":[0],"value":999}'
same w 'tensor([999.], requires_grad=True)' "$(curl -s "$S/tensors/w?as=repr")"

block "no_grad records nothing"
leaves
op '{"op":"add","args":["w","x"],"out":"a","no_grad":true}'
same a.requires_grad false "$(of a requires_grad)"
same a.grad_fn null "$(of a grad_fn)"

if [ "$wrong" -gt 0 ]; then
  printf '\n%d answers differ\n' "$wrong"
  exit 1
fi
printf '\nevery answer is the one PyTorch prints\n'

"""The tutorial graph behind FastAPI and torch: the peer of one batch request."""
from fastapi import FastAPI
import torch

torch.set_num_threads(1)
app = FastAPI()


@app.post("/tutorial")
async def tutorial(body: dict):
    x = torch.tensor(body["x"], requires_grad=True)
    w = torch.tensor(body["w"], requires_grad=True)
    a = torch.add(x, w)
    b = torch.add(w, 1)
    y = torch.mul(a, b)
    y.backward()
    return {"y": y.tolist(), "x.grad": x.grad.tolist(), "w.grad": w.grad.tolist()}


@app.get("/hello")
async def hello():
    return {"hello": "world"}

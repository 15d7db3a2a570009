"""Language tasks as environments: `MathToken` (an action is a token) and `Math` (an action is a whole response).

In reading order: `tokenizers`, `problems` (which ones are played), `starts` (which one an episode gets), `judging`,
`rules` (what was chosen, for both views), `token_env`, `conversation` and `response_env` (one), `vector` with `infos`
and `responses` (what many share), `token_vector` and `response_vector` (many).
"""

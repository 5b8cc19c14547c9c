//! Published crates on the synthetic tree, each driven as its documentation says.
//!
//! `mcts` and `treant` share one interface (the second grew out of the first); `minimax` is
//! made for two players, so its states count as won or lost. `recon_mcts` is not in the
//! registry any more.

use crate::synthetic::{Cost, State, TOP, Task};

/// UCT's constant, in the peers' units: values run from 0 to 1023.
const EXPLORATION: f64 = 0.35 * TOP as f64;

macro_rules! mcts_like {
    ($name:ident, $krate:ident) => {
        pub(crate) mod $name {
            use $krate::tree_policy::UCTPolicy;
            use $krate::{Evaluator, GameState, MCTS, MCTSManager, NodeHandle, SearchHandle};

            use super::*;

            #[derive(Clone)]
            struct Position {
                state: State,
                branching: u8,
                depth: u32,
            }

            impl GameState for Position {
                type Move = u8;
                type Player = ();
                type MoveList = Vec<u8>;

                fn current_player(&self) {}

                fn available_moves(&self) -> Vec<u8> {
                    if self.state.depth() < self.depth {
                        (0..self.branching).collect()
                    } else {
                        Vec::new()
                    }
                }

                fn make_move(&mut self, action: &u8) {
                    self.state = self.state.child(*action);
                }
            }

            struct Value(Cost);

            impl Evaluator<Config> for Value {
                type StateEvaluation = i64;

                fn evaluate_new_state(
                    &self,
                    position: &Position,
                    moves: &Vec<u8>,
                    _: Option<SearchHandle<'_, Config>>,
                ) -> (Vec<()>, i64) {
                    let value = position.state.evaluate(self.0);
                    (vec![(); moves.len()], i64::from(value))
                }

                fn evaluate_existing_state(
                    &self,
                    _: &Position,
                    value: &i64,
                    _: SearchHandle<'_, Config>,
                ) -> i64 {
                    *value
                }

                fn interpret_evaluation_for_player(&self, value: &i64, _: &()) -> i64 {
                    *value
                }
            }

            struct Config {
                virtual_loss: i64,
            }

            impl MCTS for Config {
                type State = Position;
                type Eval = Value;
                type TreePolicy = UCTPolicy;
                type NodeData = ();
                type TranspositionTable = ();
                type ExtraThreadData = ();

                fn virtual_loss(&self) -> i64 {
                    self.virtual_loss
                }
            }

            fn grow(task: &Task) -> MCTSManager<Config> {
                let root = Position {
                    state: State::root(task.seed),
                    branching: task.branching,
                    depth: task.depth,
                };
                let config = Config {
                    virtual_loss: if task.threads > 1 { i64::from(TOP) } else { 0 },
                };
                let policy = UCTPolicy::new(EXPLORATION);
                let mut manager = MCTSManager::new(root, config, Value(task.cost), policy, ());
                if task.threads == 1 {
                    manager.playout_n(task.simulations);
                } else {
                    manager.playout_n_parallel(task.simulations as u32, task.threads);
                }
                manager
            }

            /// How many nodes the tree of a search has: the root and all moves that have
            /// statistics, visited or not.
            pub(crate) fn nodes(task: &Task) -> usize {
                fn below(node: NodeHandle<'_, Config>) -> usize {
                    node.moves().map(|m| 1 + m.child().map_or(0, below)).sum()
                }
                1 + below(grow(task).tree().root_node())
            }

            /// The move it prefers.
            pub(crate) fn search(task: &Task) -> usize {
                grow(task).best_move().map_or(0, usize::from)
            }
        }
    };
}

mcts_like!(with_mcts, mcts);
mcts_like!(with_treant, treant);

pub(crate) mod with_minimax {
    use minimax::{Game, MCTSOptions, MonteCarloTreeSearch, RolloutPolicy, Strategy, Winner};

    use super::*;

    struct Synthetic;

    #[derive(Clone)]
    struct Position {
        state: State,
        branching: u8,
        depth: u32,
    }

    impl Game for Synthetic {
        type S = Position;
        type M = u8;

        fn generate_moves(position: &Position, moves: &mut Vec<u8>) -> Option<Winner> {
            if position.state.depth() >= position.depth {
                return Some(Winner::Draw);
            }
            moves.extend(0..position.branching);
            None
        }

        fn apply(position: &mut Position, action: u8) -> Option<Position> {
            Some(Position {
                state: position.state.child(action),
                ..position.clone()
            })
        }

        fn get_winner(position: &Position) -> Option<Winner> {
            (position.state.depth() >= position.depth).then_some(Winner::Draw)
        }
    }

    struct Value(Cost);

    impl RolloutPolicy for Value {
        type G = Synthetic;

        fn random_move(
            &self,
            _: &mut Position,
            _: &mut Vec<u8>,
            _: &mut rand::rngs::SmallRng,
        ) -> Result<u8, Winner> {
            unreachable!("positions are evaluated, not played out")
        }

        fn rollout(&self, _: &MCTSOptions, position: &Position) -> i32 {
            let good = position.state.evaluate(self.0) > TOP / 2;
            if good ^ (position.state.depth() & 1 == 0) {
                1
            } else {
                -1
            }
        }
    }

    /// How many nodes the tree of a search by one thread has. It cannot be looked at (it is
    /// dropped with the search), but every simulation expands one node, and none of the
    /// unbounded tree is terminal.
    pub(crate) fn nodes(task: &Task) -> usize {
        search(task);
        1 + (1 + task.simulations as usize) * usize::from(task.branching)
    }

    /// The move it prefers.
    pub(crate) fn search(task: &Task) -> usize {
        let root = Position {
            state: State::root(task.seed),
            branching: task.branching,
            depth: task.depth,
        };
        let options = MCTSOptions::default().with_num_threads(task.threads);
        let mut search =
            MonteCarloTreeSearch::<Synthetic>::new_with_policy(options, Box::new(Value(task.cost)));
        search.set_max_rollouts(task.simulations as u32);
        search.choose_move(&root).map_or(0, usize::from)
    }
}

use connectome::train::checkpoint::Numbers;
use connectome::train::transcoder::{Density, Shape};

use super::nets::{batch, cases, net};
use super::plain::{Plain, widened};

const SHAPE: Shape = Shape { n_layers: 3, n_features: 20, d_model: 6, window: 3 };

/// All gates and penalties, by lists and by products: the loss is that of the definition, and
/// every gradient is its slope.
#[test]
fn every_gradient_is_a_slope_of_the_loss() {
    for case in cases() {
        for dense_from in [0.0, 2.0] {
            let shape = Shape { window: case.window, ..SHAPE };
            let mut net = net(3, &case, shape).with_density(Density { dense_from });
            let batch = batch(5, shape, 9);
            let mut params = widened(net.params());
            let plain = Plain::at(&params, (shape, &case.objective, &batch));
            let measured = net.measure(&batch, case.objective.at(0), 0);
            let name = format!("{}, dense from {dense_from}", case.name);
            let expected = plain.loss(&params);
            let found = measured.loss.total();
            assert!(
                (found - expected).abs() < 1e-5 * expected,
                "{name}: {found} is not {expected}"
            );

            let grads = net.finish_gradients().clone();
            let mut squares = 0.0;
            for part in grads.parts("p") {
                let Numbers::F32(values) = part.numbers else { panic!("gradients are f32") };
                let slopes: Vec<f64> = (0..values.len())
                    .map(|at| slope(&plain, &mut params, &part.name, at))
                    .collect();
                squares += slopes.iter().map(|slope| slope * slope).sum::<f64>();
                let largest = slopes.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
                for (at, (value, slope)) in values.iter().zip(&slopes).enumerate() {
                    let off = (f64::from(*value) - slope).abs();
                    let tensor = &part.name;
                    assert!(
                        off <= 2e-5 * largest + 1e-7,
                        "{name}: {tensor}[{at}] is {value}, the slope is {slope}"
                    );
                }
            }
            let norm = squares.sqrt();
            let off = (measured.grad_norm - norm).abs();
            assert!(off < 1e-5 * norm, "{name}: norm {} is not {norm}", measured.grad_norm);
        }
    }
}

fn slope(plain: &Plain<'_>, params: &mut super::plain::Wide, name: &str, at: usize) -> f64 {
    const STEP: f64 = 1e-5;
    let mut moved = |by: f64| {
        params.get_mut(name).unwrap()[at] += by;
        plain.loss(params)
    };
    let above = moved(STEP);
    let below = moved(-2.0 * STEP);
    moved(STEP);
    (above - below) / (2.0 * STEP)
}

/// The test above would hold of nothing if the terms were not at work.
#[test]
fn the_cases_exercise_what_they_name() {
    for case in cases() {
        let shape = Shape { window: case.window, ..SHAPE };
        let mut net = net(3, &case, shape);
        let batch = batch(5, shape, 9);
        let measured = net.measure(&batch, case.objective.at(0), 0);
        let loss = measured.loss;
        let terms = [
            (case.objective.sparsity.is_some(), loss.sparsity),
            (case.objective.pre_activation.is_some(), loss.pre_activation),
            (case.objective.aux.is_some(), loss.aux),
        ];
        for (asked, value) in terms {
            assert_eq!(asked, value > 1e-3, "{}: {loss:?}", case.name);
        }
        for layer in &measured.layers {
            let share = layer.n_active as f64 / (9 * SHAPE.n_features) as f64;
            assert!((0.05..0.9).contains(&share), "{}: {share} fires", case.name);
            let jumps = case.name.contains("jump") || case.name.contains("tanh");
            assert!(!jumps || layer.n_window > 5, "{}: {layer:?}", case.name);
        }
    }
}

use connectome::train::transcoder::{Density, Net, Shape, Tables};

use super::nets::{Case, batch, cases, net};

const SHAPE: Shape = Shape { n_layers: 3, n_features: 700, d_model: 40, window: 3 };

fn on_threads<T: Send>(n_threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
    pool.install(work)
}

/// A few steps of training.
fn trained(case: &Case, density: Density, n_steps: u64) -> Net {
    let shape = Shape { window: case.window, ..SHAPE };
    let mut net = net(1, case, shape).with_density(density);
    for step in 0..n_steps {
        let batch = batch(step + 7, shape, 33);
        let measured = net.measure(&batch, case.objective.at(step), step);
        net.update(&measured, step);
        net.count(&measured);
    }
    net.catch_up_all(n_steps);
    net
}

fn parameters(net: &Net) -> &Tables {
    net.params()
}

#[test]
fn a_step_gives_the_same_bits_for_every_number_of_threads() {
    for case in cases() {
        for dense_from in [0.0, 0.1, 2.0] {
            let run =
                |n_threads| on_threads(n_threads, || trained(&case, Density { dense_from }, 3));
            let (one, three) = (run(1), run(3));
            assert!(parameters(&one) == parameters(&three), "{} at {dense_from}", case.name);
        }
    }
}

/// Lists and products are two ways to the same sums.
#[test]
fn lists_and_products_agree() {
    for case in cases() {
        let shape = Shape { window: case.window, ..SHAPE };
        let batch = batch(7, shape, 33);
        let gradients = |dense_from| {
            let mut net = net(1, &case, shape).with_density(Density { dense_from });
            let measured = net.measure(&batch, case.objective.at(0), 0);
            (measured, net.finish_gradients().clone())
        };
        let ((by_lists, lists), (by_products, products)) = (gradients(2.0), gradients(0.0));
        let off = (by_lists.loss.total() - by_products.loss.total()).abs();
        assert!(off < 1e-5 * by_lists.loss.total(), "{}: {off}", case.name);
        assert_eq!(by_lists.fired, by_products.fired, "{}", case.name);
        for (list, product) in lists.layers.iter().zip(&products.layers) {
            let tables = [(&list.w_enc_fd, &product.w_enc_fd)];
            let decoders = list.w_dec_fd.iter().zip(&product.w_dec_fd);
            for (list, product) in tables.into_iter().chain(decoders) {
                let largest = list.data().iter().fold(0.0_f32, |most, x| most.max(x.abs()));
                let pairs = list.data().iter().zip(product.data());
                let off = pairs.fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
                assert!(off <= 2e-5 * largest, "{}: {off} of {largest}", case.name);
            }
        }
    }
}
